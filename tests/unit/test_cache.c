/* The cache of a probe: its text, its file, its key. SPDX-License-Identifier: MIT */
#include "device/cache.h"

#include "core/hash.h"
#include "device/bus.h"
#include "fixture.h"

#include <fcntl.h>
#include <float.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY "0123456789abcdef"

static struct perfadapt__cache cache;
static struct perfadapt__cache parsed;

/* ---- in place of device/bus.c: the GPUs of a test ---- */

static struct perfadapt__bus_gpu bus[PERFADAPT__BUS_GPUS_MAX];
static size_t bus_count;

size_t perfadapt__bus_read(const struct perfadapt__root *root,
                           struct perfadapt__bus_gpu out_gpus[PERFADAPT__BUS_GPUS_MAX]) {
    (void)root;
    memcpy(out_gpus, bus, sizeof bus);
    return bus_count;
}

/* ---- a cache with another value in every member ---- */

static const char longest_reason[] = "  ; # = [section] : \"quoted\" \\ % \xc3\xa4\xe2\x82\xac leading and trailing "
                                     "blanks, and as long as one may be, which "
                                     "is 159 bytes, so that it goes on and on until the very en ";

_Static_assert(sizeof longest_reason == PERFADAPT_PROFILE_REASON_BYTES, "159 bytes");

static void fill_text(char *out, size_t capacity, const char *start) {
    snprintf(out, capacity, "%s", start);
    for (size_t i = strlen(out); i < capacity - 1; i++)
        out[i] = (char)('a' + i % 26);
    out[capacity - 1] = '\0';
}

#define FILL(text, start) fill_text(text, sizeof(text), start)

/* Those that are cut: at 180 bytes. */
static void fill_long_text(char *out, size_t capacity, const char *start) {
    memset(out, 0, capacity);
    fill_text(out, 181, start);
}

static void fill_system(struct perfadapt_system *system) {
    *system = (struct perfadapt_system){.size = sizeof *system,
                                        .form = PERFADAPT_FORM_VIRTUAL,
                                        .core_kind_count = 4,
                                        .threads_allowed = UINT32_MAX,
                                        .processor_quota_permille = 1500,
                                        .memory_bytes = UINT64_MAX,
                                        .memory_limit_bytes = PERFADAPT_NO_LIMIT - 1,
                                        .refresh_mhz = 59940,
                                        .panel_internal = 1,
                                        .on_ac = -1,
                                        .has_battery = 1};
    for (uint32_t i = 0; i < PERFADAPT_CORE_KINDS_MAX; i++)
        system->core_kinds[i] = (struct perfadapt_core_kind){UINT32_MAX - i, 200 + i, 300 + i, 1024 - i};
    FILL(system->vendor, " \"Vendor\" ; ");
    FILL(system->product, "[product]");
    FILL(system->board, "# board");
    FILL(system->device_tree, "brcm,2711 = ");
    FILL(system->processor, "Intel(R) Core(TM) \xc2\xb5 ");
}

static void fill_profile(struct perfadapt_profile *profile, uint32_t number) {
    *profile = (struct perfadapt_profile){.size = sizeof *profile,
                                          .state = PERFADAPT_STATE_ERROR,
                                          .source = PERFADAPT_PROFILE_FROM_BUS,
                                          .tier = number ? number % 6 : PERFADAPT_TIER_UNKNOWN,
                                          .type = PERFADAPT_DEVICE_CPU,
                                          .vendor_id = UINT32_MAX - number,
                                          .device_id = 2 + number,
                                          .driver_version = 3 + number,
                                          .api_version = 4 + number,
                                          .pci = {1, UINT32_MAX, 255, 31, 7},
                                          .score = number ? 1.0 / 3 : (double)NAN,
                                          .gflops = number ? DBL_MAX : DBL_MIN,
                                          .memory_bytes = UINT64_MAX - number,
                                          .unified_memory = -1,
                                          .tiled = 0,
                                          .gpu_timing = 1,
                                          .compute_units = 84,
                                          .features = UINT64_C(0x8000000000000001),
                                          .asleep = 1,
                                          .device_count = 8,
                                          .reason_count = number ? PERFADAPT_PROFILE_REASONS_MAX : 3};
    FILL(profile->preset, "high");
    FILL(profile->family, "=family");
    fill_long_text(profile->name, sizeof profile->name, "; name");
    fill_long_text(profile->driver, sizeof profile->driver, "radv ; Mesa 24.2.1 #");
    for (uint32_t i = 0; i < profile->reason_count; i++)
        snprintf(profile->reasons[i], sizeof profile->reasons[i], "reason %u of %u", (unsigned)i, (unsigned)number);
    strcpy(profile->reasons[1], longest_reason);
    memset(profile->reasons[2], 0, sizeof profile->reasons[2]);
}

static void fill(uint32_t devices) {
    memset(&cache, 0, sizeof cache);
    strcpy(cache.key, KEY);
    cache.device_count = devices;
    cache.best = devices ? devices - 1 : 0;
    FILL(cache.error, "libfoo.so: crashed (signal 11); [x]=#");
    fill_system(&cache.devices[0].system);
    cache.devices[0].size = sizeof cache.devices[0];
    for (uint32_t i = 0; i < devices; i++) {
        fill_profile(&cache.devices[i], i);
        fill_system(&cache.devices[i].system);
    }
}

/* NULL where it cannot be printed. */
static char *print(size_t *out_length) {
    char *text = NULL;
    FILE *file = open_memstream(&text, out_length);
    assert_non_null(file);
    const bool good = perfadapt__cache_print(&cache, file);
    assert_int_equal(fclose(file), 0);
    if (good)
        return text;
    assert_int_equal(*out_length, 0);
    free(text);
    return NULL;
}

static char *print_filled(uint32_t devices, size_t *out_length) {
    fill(devices);
    char *text = print(out_length);
    assert_non_null(text);
    return text;
}

/* ---- text ---- */

/* To the byte, as far as there are devices. */
static void assert_parsed(void) {
    const uint32_t devices = cache.device_count ? cache.device_count : 1;
    assert_memory_equal(&parsed, &cache, offsetof(struct perfadapt__cache, devices) + devices * sizeof *cache.devices);
}

static void test_round_trip(void **state) {
    (void)state;
    for (uint32_t devices = 0; devices <= PERFADAPT__CACHE_DEVICES_MAX; devices++) {
        size_t length;
        char *text = print_filled(devices, &length);
        memset(&parsed, 0xff, sizeof parsed);
        assert_true(perfadapt__cache_parse(text, length, KEY, &parsed));
        assert_parsed();
        assert_true(length <= PERFADAPT__CACHE_BYTES_MAX);
        free(text);
    }
}

static bool is_within(size_t offset, size_t start, size_t size) {
    return offset >= start && offset - start < size;
}

/* What need not be printed: sizes, what is reserved, what is cut, what aligns. */
static bool is_left_out(size_t offset) {
#define WITHIN(member) is_within(offset, offsetof(struct perfadapt_profile, member), sizeof cache.devices[0].member)
    const size_t after_pci = offsetof(struct perfadapt_profile, pci) + sizeof cache.devices[0].pci;
    const size_t name_end = offsetof(struct perfadapt_profile, name) + 180;
    const size_t driver_end = offsetof(struct perfadapt_profile, driver) + 180;
    const size_t after_driver = offsetof(struct perfadapt_profile, driver) + sizeof cache.devices[0].driver;
    return WITHIN(size) || WITHIN(reserved) || WITHIN(system.size) || WITHIN(system.reserved) ||
           is_within(offset, name_end, 76) || is_within(offset, driver_end, 76) ||
           is_within(offset, after_driver, offsetof(struct perfadapt_profile, vendor_id) - after_driver) ||
           is_within(offset, after_pci, offsetof(struct perfadapt_profile, score) - after_pci) ||
           (offset >= offsetof(struct perfadapt_profile, reasons) + sizeof cache.devices[0].reasons);
#undef WITHIN
}

/* The last byte of each text is its NUL, whatever stands there. */
static bool is_end_of_text(size_t offset) {
#define ENDS(member) (offset == offsetof(struct perfadapt_profile, member) + sizeof cache.devices[0].member - 1)
    const size_t reasons = offsetof(struct perfadapt_profile, reasons);
    return ENDS(preset) || ENDS(family) || ENDS(system.vendor) || ENDS(system.product) || ENDS(system.board) ||
           ENDS(system.device_tree) || ENDS(system.processor) ||
           (offset >= reasons && (offset - reasons) % PERFADAPT_PROFILE_REASON_BYTES == 159);
#undef ENDS
}

/* A member that someone adds and forgets here would change nothing. */
static void test_every_byte_counts(void **state) {
    (void)state;
    size_t length;
    fill(1);
    struct perfadapt_profile *profile = &cache.devices[0];
    profile->reason_count = PERFADAPT_PROFILE_REASONS_MAX;
    profile->score = 1000;
    for (uint32_t i = 0; i < PERFADAPT_PROFILE_REASONS_MAX; i++)
        FILL(profile->reasons[i], "");
    char *text = print(&length);
    for (size_t offset = 0; offset < sizeof *profile; offset++) {
        char *byte = (char *)profile + offset;
        size_t other_length;
        if (is_left_out(offset) || is_end_of_text(offset))
            continue;
        *byte ^= 1;
        char *other = print(&other_length); /* or a value that is not allowed */
        *byte ^= 1;
        if (other && length == other_length && memcmp(text, other, length) == 0)
            fail_msg("byte %zu of the profile is not printed", offset);
        free(other);
    }
    free(text);
}

/* Changes `from` in the text and mends its sum: a file that someone has written on purpose. */
static bool parses_with(const char *from, const char *to) {
    size_t length;
    char *text = print_filled(2, &length);
    char *rest = strstr(text, "\nsum = ") + strlen("\nsum = ") + PERFADAPT__HASH_TEXT_BYTES;
    char *at = strstr(rest, from);
    char sum[PERFADAPT__HASH_TEXT_BYTES];
    assert_non_null(at);
    char *edited = calloc(1, length + strlen(to) + 1);
    assert_non_null(edited);
    const size_t before = (size_t)(at - text);
    snprintf(edited, length + strlen(to) + 1, "%.*s%s%s", (int)before, text, to, at + strlen(from));
    char *edited_rest = edited + (rest - text);
    perfadapt__hash_print(perfadapt__hash(PERFADAPT__HASH_START, edited_rest, strlen(edited_rest)), sum);
    memcpy(edited_rest - PERFADAPT__HASH_TEXT_BYTES, sum, sizeof sum - 1);
    const bool good = perfadapt__cache_parse(edited, strlen(edited), KEY, &parsed);
    free(edited);
    free(text);
    return good;
}

static void test_values_out_of_range(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"\ntier = 4294967295", "\ntier = 6"},
        {"\ntier = 1", "\ntier = 9"},
        {"\ntier = 1", "\ntier = -2"},
        {"\ntier = 1", "\ntier = +1"},
        {"\ntier = 1", "\ntier = 0x1"},
        {"\ntier = 1", "\ntier ="},
        {"\ntier = 1", "\ntier"},
        {"\ntier = 1\n", "\n"},
        {"\ntier = 1", "\ntier = 1\ntier = 1"},
        {"\ntier = 1", "\ntier = 1 1"},
        {"\ntier = 1", "\nTier = 1"},
        {"\ntier = 1", "\ntier = 1\nnew = 1"},
        {"\nstate = 5", "\nstate = 6"},
        {"\nsource = 5", "\nsource = 6"},
        {"\ntype = 4", "\ntype = 5"},
        {"\nform = 7", "\nform = 8"},
        {"\nasleep = 1", "\nasleep = 2"},
        {"\nunified_memory = 4294967295", "\nunified_memory = 2"},
        {"\nunified_memory = 4294967295", "\nunified_memory = 4294967294"},
        {"\ncore_kind_count = 4", "\ncore_kind_count = 5"},
        {"\nreason_count = 3", "\nreason_count = 4"},
        {"\nreason_count = 3", "\nreason_count = 2"},
        {"\nreason_count = 3", "\nreason_count = 4000000000"},
        {"\nreason_count = 16", "\nreason_count = 17"},
        {"device_count = 2", "device_count = 4000000000"},
        {"device_count = 2", "device_count = 9"},
        {"device_count = 2", "device_count = 3"},
        {"device_count = 2", "device_count = 1"},
        {"best = 1", "best = 2"},
        {"best = 1", "best = 18446744073709551616"},
        {"\nvendor_id = 4294967295", "\nvendor_id = 4294967296"},
        {"\nfeatures = 9223372036854775809", "\nfeatures = 99999999999999999999"},
        {"\npci = 4294967295 255 31 7", "\npci = 4294967295 255 31"},
        {"\npci = 4294967295 255 31 7", "\npci = 4294967295 255 31 7 0"},
        {"\nscore_bits = 9221120237041090560", "\nscore_bits = 9218868437227405312"},  /* infinite */
        {"\nscore_bits = 9221120237041090560", "\nscore_bits = 9221120237041090561"},  /* another NAN */
        {"\nscore_bits = 9221120237041090560", "\nscore_bits = 13826050856027422720"}, /* -0.5 */
        {"\npreset = \"high", "\npreset = \"highest"},
        {"\npreset = \"high", "\npreset = high"},
        {"\npreset = \"high", "\npreset = \"hi\tgh"},
        {"\npreset = \"high", "\npreset = \"hi\x7fgh"},
        {"\npreset = \"highefghijklmnopqrstuvwxyzabcde\"", "\npreset = \""},
        {"\n[device 0]", "\n"},
        {"\n[device 0]", "\n[device 0]\n[device 0]"},
        {"\n[device 0]", "\n[device 0"},
        {"\n[system]", "\n[system]\nform = 1"},
    };
    assert_true(parses_with("\ntier = 1", "\ntier = 1")); /* the edit itself does no harm */
    assert_true(parses_with("\ntier = 1", "\ntier = 5"));
    assert_true(parses_with("\nscore_bits = 9221120237041090560", "\nscore_bits = 0"));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (parses_with(cases[i][0], cases[i][1]))
            fail_msg("\"%s\" is taken", cases[i][1]);
        assert_int_equal(parsed.device_count, 0);
    }
}

/* What could not be read again is not written: the probe would run for ever. */
static void test_prints_only_what_it_reads(void **state) {
    (void)state;
    size_t length;
    fill(1);
    cache.devices[0].tier = 6;
    assert_null(print(&length));
    fill(1);
    cache.devices[0].reason_count = PERFADAPT_PROFILE_REASONS_MAX + 1;
    assert_null(print(&length));
    fill(1);
    cache.device_count = PERFADAPT__CACHE_DEVICES_MAX + 1;
    assert_null(print(&length));
}

static void reprint(void) {
    size_t length;
    char *text = print(&length);
    assert_non_null(text);
    assert_true(perfadapt__cache_parse(text, length, KEY, &parsed));
    free(text);
}

/* Names of drivers in which anything stands. */
static void test_texts_are_made_printable(void **state) {
    (void)state;
    fill(1);
    strcpy(cache.devices[0].name, "a\nb\tc\x1b[2J\x7f\r");
    memset(cache.devices[0].family, 'x', sizeof cache.devices[0].family); /* no NUL */
    memset(cache.devices[0].driver, '\xa4', sizeof cache.devices[0].driver);
    reprint();
    assert_string_equal(parsed.devices[0].name, "a?b?c?[2J??");
    assert_int_equal(strlen(parsed.devices[0].family), sizeof cache.devices[0].family - 1);
    assert_string_equal(parsed.devices[0].driver, ""); /* no letter starts anywhere */
}

static void test_long_texts_are_cut_between_letters(void **state) {
    (void)state;
    fill(1);
    memset(cache.devices[0].name, 'a', 255);
    memset(cache.devices[0].driver, 'a', 255);
    memcpy(cache.devices[0].driver + 178, "\xe2\x82\xac", 3);
    reprint();
    assert_int_equal(strlen(parsed.devices[0].name), 180);
    assert_int_equal(strlen(parsed.devices[0].driver), 178);
    memcpy(cache.devices[0].driver + 178, "\xc3\xa4\xc3", 3);
    reprint();
    assert_int_equal(strlen(parsed.devices[0].driver), 180);
}

static void test_numbers_beyond_numbers(void **state) {
    (void)state;
    static const double values[] = {(double)INFINITY, -(double)INFINITY, -1, (double)NAN};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        fill(1);
        cache.devices[0].score = values[i];
        reprint();
        assert_true(isnan(parsed.devices[0].score));
    }
    cache.devices[0].score = -0.0;
    reprint();
    assert_true(!signbit(parsed.devices[0].score) && parsed.devices[0].score <= 0);
}

static void test_same_in_every_locale(void **state) {
    (void)state;
    size_t length;
    size_t other_length;
    if (!setlocale(LC_ALL, "de_DE.UTF-8"))
        skip();
    setlocale(LC_ALL, "C");
    char *text = print_filled(2, &length);
    setlocale(LC_ALL, "de_DE.UTF-8");
    char *other = print(&other_length);
    const bool same = length == other_length && memcmp(text, other, length) == 0;
    const bool parses = perfadapt__cache_parse(text, length, KEY, &parsed);
    setlocale(LC_ALL, "C");
    free(text);
    free(other);
    assert_true(same && parses);
}

/* Cut anywhere, or with any bit of it wrong. The text ends where its memory ends, for the sanitizers to see. */
static void test_damaged(void **state) {
    (void)state;
    size_t length;
    char *text = print_filled(2, &length);
    for (size_t cut = 0; cut < length; cut++) {
        char *part = malloc(cut + !cut);
        assert_non_null(part);
        memcpy(part, text, cut);
        assert_false(perfadapt__cache_parse(part, cut, KEY, &parsed));
        free(part);
    }
    for (size_t at = 0; at < length; at++) {
        text[at] ^= (char)(1 << at % 8);
        assert_false(perfadapt__cache_parse(text, length, KEY, &parsed));
        text[at] ^= (char)(1 << at % 8);
    }
    assert_true(perfadapt__cache_parse(text, length, KEY, &parsed));
    free(text);
}

static void test_other_key(void **state) {
    (void)state;
    size_t length;
    char *text = print_filled(1, &length);
    assert_false(perfadapt__cache_parse(text, length, "0123456789abcdee", &parsed));
    assert_false(perfadapt__cache_parse(text, length, "0123456789abcde", &parsed));
    assert_false(perfadapt__cache_parse(text, length, "", &parsed));
    free(text);
}

/* ---- file ---- */

static void path_in(const struct fixture *fixture, const char *name, char *out, size_t capacity) {
    snprintf(out, capacity, "%s%s", fixture->path, name);
}

static bool read_file(struct fixture *fixture, const char *name) {
    char path[256];
    path_in(fixture, name, path, sizeof path);
    fixture->logged = 0;
    return perfadapt__cache_read(path, KEY, &fixture->log, &parsed);
}

static void put(struct fixture *fixture, const char *name, unsigned mode) {
    size_t length;
    char *text = print_filled(2, &length);
    fixture_bytes(fixture, name, text, length);
    fixture_mode(fixture, name, mode);
    free(text);
}

static void test_file(void **state) {
    put(*state, "/device.ini", 0644);
    assert_true(read_file(*state, "/device.ini"));
    assert_parsed();
    assert_int_equal(((struct fixture *)*state)->logged, 0);
}

static void assert_refused(struct fixture *fixture, const char *name, const char *told) {
    assert_false(read_file(fixture, name));
    assert_int_equal(fixture->logged, 1);
    if (!strstr(fixture->last_line, told))
        fail_msg("\"%s\" tells \"%s\"", name, fixture->last_line);
}

static void test_no_file_of_ours(void **state) {
    struct fixture *fixture = *state;
    char path[256];
    static char large[1 << 20];
    fixture_directory(fixture, "/directory");
    fixture_link(fixture, "/loop", "loop");
    memset(large, 'a', sizeof large);
    fixture_bytes(fixture, "/large", large, sizeof large);
    fixture_file(fixture, "/empty", "");
    fixture_file(fixture, "/text", "[cache]\nversion = 2\n");
    fixture_bytes(fixture, "/binary", "\0\xff\0\xff", 4);
    path_in(fixture, "/fifo", path, sizeof path);
    assert_int_equal(mkfifo(path, 0600), 0);
    put(fixture, "/open", 0646);
    assert_refused(fixture, "/missing", "cannot be opened");
    assert_refused(fixture, "/text/below", "cannot be opened");
    assert_refused(fixture, "/loop", "cannot be opened (errno 40)");
    assert_refused(fixture, "/directory", "no file of up to 64 KiB");
    assert_refused(fixture, "/fifo", "no file of up to 64 KiB");
    assert_refused(fixture, "/large", "no file of up to 64 KiB");
    assert_refused(fixture, "/open", "no file of up to 64 KiB");
    assert_refused(fixture, "/empty", "broken");
    assert_refused(fixture, "/text", "broken");
    assert_refused(fixture, "/binary", "broken");
}

static void test_another_users(void **state) {
    struct fixture *fixture = *state;
    char path[256];
    if (geteuid() != 0)
        skip();
    put(fixture, "/device.ini", 0644);
    path_in(fixture, "/device.ini", path, sizeof path);
    assert_int_equal(chown(path, 65534, 65534), 0);
    assert_refused(fixture, "/device.ini", "no file of up to 64 KiB");
}

static void test_may_not_be_read(void **state) {
    struct fixture *fixture = *state;
    if (!fixture_is_plain_user())
        skip();
    put(fixture, "/device.ini", 0);
    assert_refused(fixture, "/device.ini", "cannot be opened (errno 13)");
}

static enum perfadapt_log_level last_level;

static void keep_level(void *user_data, enum perfadapt_log_level level, const char *message) {
    (void)user_data;
    (void)message;
    last_level = level;
}

/* An old cache is nothing to tell of, a broken one is. */
static void test_old_or_broken(void **state) {
    const struct perfadapt_log log = {.write = keep_level};
    char path[256];
    put(*state, "/device.ini", 0644);
    path_in(*state, "/device.ini", path, sizeof path);
    assert_false(perfadapt__cache_read(path, "fedcba9876543210", &log, &parsed));
    assert_int_equal(last_level, PERFADAPT_LOG_DEBUG);
    assert_int_equal(truncate(path, 300), 0);
    assert_false(perfadapt__cache_read(path, KEY, &log, &parsed));
    assert_int_equal(last_level, PERFADAPT_LOG_INFO);
    assert_false(perfadapt__cache_read(path, "fedcba9876543210", NULL, &parsed));
}

static bool path_of(const char *cache_home, const char *home, const char *runtime_dir, char *out, size_t capacity) {
    const struct perfadapt__variables variables = {
        .cache_home = (char *)cache_home, .home = (char *)home, .runtime_dir = (char *)runtime_dir};
    return perfadapt__cache_path(&variables, out, capacity);
}

static void test_path(void **state) {
    (void)state;
    char path[64];
    assert_true(path_of("/c", "/home/a", NULL, path, sizeof path));
    assert_string_equal(path, "/c/perfadapt/device.ini");
    assert_true(path_of(NULL, "/home/a", NULL, path, sizeof path));
    assert_string_equal(path, "/home/a/.cache/perfadapt/device.ini");
    assert_true(path_of("relative", "/home/a", NULL, path, sizeof path));
    assert_string_equal(path, "/home/a/.cache/perfadapt/device.ini");
    assert_true(path_of("", "/h", NULL, path, sizeof path));
    assert_false(path_of(NULL, NULL, NULL, path, sizeof path));
    assert_false(path_of(NULL, "home", "relative", path, sizeof path));
    assert_false(path_of("/c", NULL, NULL, path, 23));
    assert_true(path_of("/c", NULL, NULL, path, 24));
}

/* /proc refuses root, too. */
static void test_path_where_the_home_is_read_only(void **state) {
    const struct fixture *fixture = *state;
    char path[512];
    char expected[512];
    snprintf(expected, sizeof expected, "%s/perfadapt/probe/device.ini", fixture->path);
    assert_true(path_of("/proc/self", "/proc", fixture->path, path, sizeof path));
    assert_string_equal(path, expected);
    assert_true(path_of(NULL, NULL, fixture->path, path, sizeof path));
    assert_string_equal(path, expected);
    assert_true(path_of(NULL, "/proc", "/proc/self", path, sizeof path)); /* nowhere: the error will be of the first */
    assert_string_equal(path, "/proc/.cache/perfadapt/device.ini");
    snprintf(expected, sizeof expected, "%s/perfadapt/device.ini", fixture->path);
    assert_true(path_of(fixture->path, NULL, "/run", path, sizeof path)); /* not there where it need not be */
    assert_string_equal(path, expected);
}

/* ---- key ---- */

#define MANIFEST "/usr/share/vulkan/icd.d/radeon_icd.x86_64.json"
#define BOOT_ID "/proc/sys/kernel/random/boot_id"

static const char *const variables[] = {"HOME",
                                        "XDG_CONFIG_HOME",
                                        "XDG_CONFIG_DIRS",
                                        "XDG_DATA_HOME",
                                        "XDG_DATA_DIRS",
                                        "VK_DRIVER_FILES",
                                        "VK_ICD_FILENAMES",
                                        "VK_ADD_DRIVER_FILES",
                                        "VK_LOADER_DRIVERS_SELECT"};

static char last_key[PERFADAPT__CACHE_KEY_BYTES];

static const char *make_key(const struct fixture *fixture) {
    static char key[PERFADAPT__CACHE_KEY_BYTES];
    char data_dir[256];
    path_in(fixture, "/data", data_dir, sizeof data_dir);
    memset(key, 'x', sizeof key);
    perfadapt__cache_key(&fixture->root, data_dir, key);
    assert_int_equal(strlen(key), 16);
    return key;
}

static void assert_other_key(const struct fixture *fixture) {
    const char *key = make_key(fixture);
    assert_string_not_equal(key, last_key);
    strcpy(last_key, key);
    assert_string_equal(make_key(fixture), last_key);
}

static void assert_same_key(const struct fixture *fixture) {
    assert_string_equal(make_key(fixture), last_key);
}

static int setup_machine(void **state) {
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        unsetenv(variables[i]);
    if (fixture_setup(state) != 0)
        return -1;
    memset(bus, 0, sizeof bus);
    bus[0] = (struct perfadapt__bus_gpu){
        .pci = {1, 0, 1, 0, 0}, .vendor_id = 0x10de, .device_id = 0x2684, .driver = "nvidia"};
    bus[1] = (struct perfadapt__bus_gpu){
        .pci = {1, 0, 6, 0, 0}, .vendor_id = 0x1002, .device_id = 0x163f, .driver = "amdgpu"};
    bus_count = 2;
    fixture_file(*state, BOOT_ID, "5d9d0e3a-0000-4000-8000-000000000001\n");
    fixture_file(*state, MANIFEST, "{}");
    fixture_file(*state, "/usr/share/vulkan/icd.d/nvidia_icd.json", "{ }");
    fixture_file(*state, "/data/devices/amd.ini", "[family]\n");
    last_key[0] = '\0';
    assert_other_key(*state);
    return 0;
}

static void test_key_of_gpus(void **state) {
    const struct perfadapt__bus_gpu first = bus[0];
    bus[0] = bus[1];
    bus[1] = first;
    assert_same_key(*state); /* found in another order */
    bus[0].suspended = true;
    bus[0].is_vga = 1;
    assert_same_key(*state); /* it would be another each time one falls asleep */
    bus[0].device_id++;
    assert_other_key(*state);
    bus[0].vendor_id++;
    assert_other_key(*state);
    strcpy(bus[0].driver, "radeon");
    assert_other_key(*state);
    strcpy(bus[0].compatible, "brcm,2711-v3d");
    assert_other_key(*state);
    bus[0].pci.bus++;
    assert_other_key(*state);
    bus_count = 1;
    assert_other_key(*state);
    bus_count = 0;
    assert_other_key(*state);
}

static void test_key_of_boot_and_drivers(void **state) {
    fixture_file(*state, BOOT_ID, "5d9d0e3a-0000-4000-8000-000000000002\n");
    assert_other_key(*state);
    fixture_file(*state, "/sys/module/nvidia/version", "550.54.14\n");
    assert_other_key(*state);
    fixture_file(*state, "/sys/module/nvidia/version", "550.54.15\n");
    assert_other_key(*state);
    fixture_remove(*state, BOOT_ID);
    assert_other_key(*state);
}

static void set_time(const struct fixture *fixture, const char *path, time_t seconds, long nanoseconds) {
    char full[256];
    const struct timespec times[2] = {{seconds, nanoseconds}, {seconds, nanoseconds}};
    path_in(fixture, path, full, sizeof full);
    assert_int_equal(utimensat(AT_FDCWD, full, times, 0), 0);
}

static void test_key_of_manifests(void **state) {
    static const char *const paths[] = {"/etc/vulkan/icd.d/a.json", "/usr/local/etc/vulkan/icd.d/a.json",
                                        "/usr/local/share/vulkan/icd.d/a.json", "/etc/xdg/vulkan/icd.d/a.json",
                                        "/usr/share/vulkan/icd.d/a.json"};
    set_time(*state, MANIFEST, 1, 0);
    assert_other_key(*state);
    set_time(*state, MANIFEST, 1, 1);
    assert_other_key(*state);
    fixture_file(*state, MANIFEST, "{\n}");
    set_time(*state, MANIFEST, 1, 1);
    assert_other_key(*state);
    fixture_move(*state, MANIFEST, MANIFEST "c");
    assert_other_key(*state);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        fixture_file(*state, paths[i], "{}");
        assert_other_key(*state);
    }
    set_time(*state, "/data/devices/amd.ini", 1, 1);
    assert_other_key(*state);
    fixture_file(*state, "/data/devices/new.ini", "");
    assert_other_key(*state);
    fixture_file(*state, "/data/presets/new.ini", ""); /* presets are chosen by name */
    assert_same_key(*state);
}

static void test_key_of_variables(void **state) {
    struct fixture *fixture = *state;
    fixture_file(fixture, "/home/a/.config/vulkan/icd.d/a.json", "{}");
    fixture_file(fixture, "/home/a/.local/share/vulkan/icd.d/a.json", "{}");
    fixture_file(fixture, "/other/vulkan/icd.d/a.json", "{}");
    fixture_file(fixture, "/opt/mine.json", "{}");
    assert_same_key(fixture);
    setenv("HOME", "/home/a", 1);
    assert_other_key(fixture);
    fixture_file(fixture, "/home/a/.local/share/vulkan/icd.d/b.json", "{}");
    assert_other_key(fixture);
    fixture_file(fixture, "/home/a/.config/vulkan/icd.d/b.json", "{}");
    assert_other_key(fixture);
    setenv("XDG_DATA_DIRS", "relative::/other:", 1);
    assert_other_key(fixture);
    set_time(fixture, "/other/vulkan/icd.d/a.json", 1, 1);
    assert_other_key(fixture);
    set_time(fixture, MANIFEST, 1, 1);
    assert_same_key(fixture); /* no longer looked for there */
    setenv("VK_DRIVER_FILES", "/missing.json:/opt/mine.json", 1);
    assert_other_key(fixture);
    set_time(fixture, "/opt/mine.json", 1, 1);
    assert_other_key(fixture);
    setenv("VK_ICD_FILENAMES", "/opt/mine.json", 1);
    assert_other_key(fixture);
    setenv("VK_LOADER_DRIVERS_SELECT", "*radeon*", 1);
    assert_other_key(fixture);
}

/* Nothing of it blocks, and no key is empty. */
static void test_key_of_a_broken_machine(void **state) {
    struct fixture *fixture = *state;
    char path[256];
    static char long_list[3 * PATH_MAX];
    memset(long_list, '/', sizeof long_list - 1);
    setenv("VK_DRIVER_FILES", long_list, 1);
    assert_other_key(fixture);
    setenv("HOME", long_list, 1);
    assert_same_key(fixture);
    fixture_link(fixture, "/usr/share/vulkan/icd.d/loop.json", "loop.json");
    assert_same_key(fixture);
    path_in(fixture, "/usr/share/vulkan/icd.d/fifo.json", path, sizeof path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_other_key(fixture);
    fixture_remove(fixture, "/usr/share/vulkan/icd.d");
    fixture_file(fixture, "/usr/share/vulkan/icd.d", "a file");
    assert_other_key(fixture);
    fixture_remove(fixture, "/usr");
    fixture_link(fixture, "/usr", "usr");
    assert_other_key(fixture);
    strcpy(bus[0].driver, "..");
    assert_other_key(fixture);
    perfadapt__cache_key(&fixture->root, NULL, last_key);
    assert_int_equal(strlen(last_key), 16);
}

static void test_key_leaves_nothing_open(void **state) {
    struct fixture *fixture = *state;
    fixture_starve(fixture, 0);
    make_key(fixture);
    fixture_feed(fixture);
    assert_same_key(fixture);
    fixture_starve(fixture, 2); /* as many as are open at a time */
    for (int i = 0; i < 10; i++)
        assert_same_key(fixture);
    fixture_feed(fixture);
}

#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
#define WITH_MACHINE(test) cmocka_unit_test_setup_teardown(test, setup_machine, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_every_byte_counts),
        cmocka_unit_test(test_values_out_of_range),
        cmocka_unit_test(test_prints_only_what_it_reads),
        cmocka_unit_test(test_texts_are_made_printable),
        cmocka_unit_test(test_long_texts_are_cut_between_letters),
        cmocka_unit_test(test_numbers_beyond_numbers),
        cmocka_unit_test(test_same_in_every_locale),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_other_key),
        WITH_FILES(test_file),
        WITH_FILES(test_no_file_of_ours),
        WITH_FILES(test_another_users),
        WITH_FILES(test_may_not_be_read),
        WITH_FILES(test_old_or_broken),
        cmocka_unit_test(test_path),
        cmocka_unit_test_setup_teardown(test_path_where_the_home_is_read_only, fixture_setup, fixture_teardown),
        WITH_MACHINE(test_key_of_gpus),
        WITH_MACHINE(test_key_of_boot_and_drivers),
        WITH_MACHINE(test_key_of_manifests),
        WITH_MACHINE(test_key_of_variables),
        WITH_MACHINE(test_key_of_a_broken_machine),
        WITH_MACHINE(test_key_leaves_nothing_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
