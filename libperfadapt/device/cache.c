/* SPDX-License-Identifier: MIT */
#include "device/cache.h"

#include "config/ini_text.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/variables.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h> /* NAN and isfinite only: no libm is linked */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- what is in it: every member has its row, in the order of the file ---- */

enum kind {
    NUMBER,         /* uint32_t */
    NUMBER_OR_NONE, /* likewise; all ones, which is -1 as an int32_t: unknown */
    LONG,           /* uint64_t */
    REAL,           /* double, 0 or above or NAN, as its bits: exact, and without a point that locales know */
    TEXT,
    TEXTS /* as many as the uint32_t before them says */
};

/* Names in place: pointers in a table are relocated in every process. */
struct row {
    char name[20];
    uint8_t kind;
    uint8_t count; /* of numbers in the line */
    uint16_t offset;
    uint16_t limit; /* the highest number; ANY; or the bytes of a text */
};

#define ANY UINT16_MAX
#define ONE_MORE(name, number, word) +1
#define LAST_OF(MAP) ((MAP(ONE_MORE)) - 1)

static const struct row cache_rows[] = {
#define AT(member) offsetof(struct perfadapt__cache, member)
    {"device_count", NUMBER, 1, AT(device_count), PERFADAPT__CACHE_DEVICES_MAX},
    {"best", NUMBER, 1, AT(best), PERFADAPT__CACHE_DEVICES_MAX - 1},
    {"error", TEXT, 1, AT(error), sizeof((struct perfadapt__cache *)0)->error},
#undef AT
};

static const struct row system_rows[] = {
#define AT(member) offsetof(struct perfadapt_system, member)
#define TEXT_OF(member) TEXT, 1, AT(member), sizeof((struct perfadapt_system *)0)->member
    {"form", NUMBER, 1, AT(form), LAST_OF(PERFADAPT_FORM_MAP)},
    {"core_kind_count", NUMBER, 1, AT(core_kind_count), PERFADAPT_CORE_KINDS_MAX},
    {"core_kinds", NUMBER, 4 * PERFADAPT_CORE_KINDS_MAX, AT(core_kinds), ANY},
    {"threads_allowed", NUMBER, 1, AT(threads_allowed), ANY},
    {"quota_permille", NUMBER, 1, AT(processor_quota_permille), ANY},
    {"memory_bytes", LONG, 1, AT(memory_bytes), ANY},
    {"memory_limit_bytes", LONG, 1, AT(memory_limit_bytes), ANY},
    {"refresh_mhz", NUMBER, 1, AT(refresh_mhz), ANY},
    {"panel_internal", NUMBER, 1, AT(panel_internal), 1},
    {"on_ac", NUMBER_OR_NONE, 1, AT(on_ac), 1},
    {"has_battery", NUMBER_OR_NONE, 1, AT(has_battery), 1},
    {"vendor", TEXT_OF(vendor)},
    {"product", TEXT_OF(product)},
    {"board", TEXT_OF(board)},
    {"device_tree", TEXT_OF(device_tree)},
    {"processor", TEXT_OF(processor)},
#undef TEXT_OF
#undef AT
};

static const struct row device_rows[] = {
#define AT(member) offsetof(struct perfadapt_profile, member)
#define TEXT_OF(member) TEXT, 1, AT(member), sizeof((struct perfadapt_profile *)0)->member
    {"state", NUMBER, 1, AT(state), PERFADAPT_STATE_ERROR},
    {"source", NUMBER, 1, AT(source), LAST_OF(PERFADAPT_PROFILE_SOURCE_MAP)},
    {"tier", NUMBER_OR_NONE, 1, AT(tier), 5},
    {"type", NUMBER, 1, AT(type), LAST_OF(PERFADAPT_DEVICE_TYPE_MAP)},
    {"preset", TEXT_OF(preset)},
    {"family", TEXT_OF(family)},
    {"name", TEXT_OF(name)},
    {"driver", TEXT_OF(driver)},
    {"vendor_id", NUMBER, 1, AT(vendor_id), ANY},
    {"device_id", NUMBER, 1, AT(device_id), ANY},
    {"driver_version", NUMBER, 1, AT(driver_version), ANY},
    {"api_version", NUMBER, 1, AT(api_version), ANY},
    {"pci_known", NUMBER, 1, AT(pci.known), 1},
    {"pci", NUMBER, 4, AT(pci.domain), ANY},
    {"score_bits", REAL, 1, AT(score), ANY},
    {"gflops_bits", REAL, 1, AT(gflops), ANY},
    {"memory_bytes", LONG, 1, AT(memory_bytes), ANY},
    {"unified_memory", NUMBER_OR_NONE, 1, AT(unified_memory), 1},
    {"tiled", NUMBER_OR_NONE, 1, AT(tiled), 1},
    {"gpu_timing", NUMBER_OR_NONE, 1, AT(gpu_timing), 1},
    {"compute_units", NUMBER, 1, AT(compute_units), ANY},
    {"features", LONG, 1, AT(features), ANY},
    {"asleep", NUMBER, 1, AT(asleep), 1},
    {"device_count", NUMBER, 1, AT(device_count), ANY},
    {"reason_count", NUMBER, 1, AT(reason_count), PERFADAPT_PROFILE_REASONS_MAX},
    {"reason", TEXTS, 1, AT(reasons), PERFADAPT_PROFILE_REASON_BYTES},
#undef TEXT_OF
#undef AT
};

_Static_assert(sizeof(struct perfadapt_core_kind) == 4 * sizeof(uint32_t), "core_kinds are read as numbers");
_Static_assert(sizeof(struct perfadapt_pci_address) == 5 * sizeof(uint32_t), "pci is read as numbers");
_Static_assert(offsetof(struct perfadapt_profile, reasons) ==
                   offsetof(struct perfadapt_profile, reason_count) + sizeof(uint32_t),
               "their number stands before the reasons");

#define ROWS(table) (table), (table) + sizeof(table) / sizeof(table)[0]

/* inih's line of 200 bytes with newline and NUL, less the longest key of a text, " = " and the quotes. */
#define TEXT_BYTES_MAX 180

/* Those that a file can hold and that will be read again. */
static bool is_allowed(const struct row *row, uint64_t value) {
    switch (row->kind) {
    case REAL: /* neither below 0 nor infinite; one NAN */
        return value < UINT64_C(0x7ff0000000000000) || value == UINT64_C(0x7ff8000000000000);
    case LONG:
        return true;
    case NUMBER_OR_NONE:
        return value <= row->limit || value == UINT32_MAX;
    default:
        return value <= (row->limit == ANY ? UINT32_MAX : row->limit);
    }
}

static size_t width_of(const struct row *row) {
    return row->kind == LONG || row->kind == REAL ? sizeof(uint64_t) : sizeof(uint32_t);
}

/* How many lines a row has. */
static uint32_t count_lines(const struct row *row, const char *base) {
    uint32_t lines = 1;
    if (row->kind == TEXTS)
        memcpy(&lines, base + row->offset - sizeof lines, sizeof lines);
    return lines;
}

/* ---- parsing ---- */

struct parser {
    struct perfadapt__cache *out;
    const struct row *row; /* of the next line, up to */
    const struct row *end;
    char *base;    /* the struct that the rows are of */
    uint32_t line; /* of the row */
    uint32_t sections;
    bool good;
};

static bool is_control(char letter) {
    return ((unsigned char)letter < ' ') || letter == '\x7f';
}

static bool parse_text(const struct row *row, uint32_t line, const char *value, char *base) {
    const size_t length = strlen(value);
    if (length < 2 || length - 2 >= row->limit || value[0] != '"' || value[length - 1] != '"')
        return false;
    for (const char *at = value; *at; at++)
        if (is_control(*at))
            return false;
    memcpy(base + row->offset + (size_t)line * row->limit, value + 1, length - 2); /* the rest is 0 */
    return true;
}

static bool parse_numbers(const struct row *row, const char *value, char *base) {
    const size_t width = width_of(row);
    for (size_t i = 0; i < row->count; i++) {
        uint64_t number;
        if (!perfadapt__fs_parse_u64(&value, &number) || !is_allowed(row, number))
            return false;
        const uint32_t narrow = (uint32_t)number;
        memcpy(base + row->offset + i * width, width == sizeof number ? (const void *)&number : &narrow, width);
    }
    return *value == '\0';
}

static void expect(struct parser *parser, void *base, const struct row *row, const struct row *end) {
    parser->base = base;
    parser->row = row;
    parser->end = end;
    parser->line = 0;
}

/* Rows without lines are passed over. */
static void pass_row(struct parser *parser) {
    while (parser->row < parser->end && parser->line == count_lines(parser->row, parser->base)) {
        parser->row++;
        parser->line = 0;
    }
}

static void enter_section(struct parser *parser) {
    struct perfadapt__cache *out = parser->out;
    parser->good &= parser->row == parser->end && parser->sections <= out->device_count;
    if (!parser->good)
        return;
    if (parser->sections == 0) {
        expect(parser, &out->devices[0].system, ROWS(system_rows));
    } else {
        struct perfadapt_profile *device = &out->devices[parser->sections - 1];
        if (parser->sections > 1)
            memset(device, 0, sizeof *device);
        expect(parser, device, ROWS(device_rows));
    }
    parser->sections++;
}

static void take_line(void *user, const struct perfadapt__ini_text *ini, const char *section, const char *key,
                      const char *value) {
    struct parser *parser = user;
    char whole[200];
    (void)section; /* they come in their order */
    (void)value;
    if (!key) {
        enter_section(parser);
        return;
    }
    const struct row *row = parser->row;
    parser->good = parser->good && row < parser->end && strcmp(key, row->name) == 0 &&
                   perfadapt__ini_whole_value(ini, whole, sizeof whole) &&
                   (row->kind >= TEXT ? parse_text(row, parser->line, whole, parser->base)
                                      : parse_numbers(row, whole, parser->base));
    if (parser->good) {
        parser->line++;
        pass_row(parser);
    }
}

static bool parse_body(const char *text, size_t length, struct perfadapt__cache *out) {
    struct parser parser = {.out = out, .good = true};
    expect(&parser, out, ROWS(cache_rows));
    return perfadapt__ini_parse(text, length, take_line, &parser) == 0 && parser.good && parser.row == parser.end &&
           parser.sections == out->device_count + 1 && (out->best == 0 || out->best < out->device_count);
}

static void share_system(struct perfadapt__cache *out) {
    for (uint32_t i = 0; i < out->device_count || i == 0; i++) {
        out->devices[i].system = out->devices[0].system;
        out->devices[i].system.size = sizeof out->devices[i].system;
        out->devices[i].size = sizeof out->devices[i];
    }
}

/* ---- the whole text: a head that is the same to the byte where the rest is of use, and the rest ---- */

#define HEAD_BYTES_MAX 200
#define HEAD_START "; Written by perfadapt-probe, and written over by it.\n[cache]\nversion = "

static size_t print_head(const char *key, const char *rest, size_t length, char out[HEAD_BYTES_MAX]) {
    char sum[PERFADAPT__HASH_TEXT_BYTES];
    perfadapt__hash_print(perfadapt__hash(PERFADAPT__HASH_START, rest, length), sum);
    return (size_t)snprintf(out, HEAD_BYTES_MAX, HEAD_START "%d\nkey = %.*s\nsum = %s\n", PERFADAPT__CACHE_VERSION,
                            PERFADAPT__CACHE_KEY_BYTES - 1, key, sum);
}

/* Of as many devices as there are: the room for more is left as it is. */
static void clear(struct perfadapt__cache *cache) {
    memset(cache, 0, offsetof(struct perfadapt__cache, devices[1]));
}

bool perfadapt__cache_parse(const char *text, size_t length, const char *key, struct perfadapt__cache *out_cache) {
    char head[HEAD_BYTES_MAX];
    const size_t head_length = print_head(key, text, 0, head);
    clear(out_cache);
    if (length < head_length)
        return false;
    const char *rest = text + head_length;
    print_head(key, rest, length - head_length, head);
    if (memcmp(text, head, head_length) != 0 || !parse_body(rest, length - head_length, out_cache)) {
        clear(out_cache);
        return false;
    }
    snprintf(out_cache->key, sizeof out_cache->key, "%s", key);
    share_system(out_cache);
    return true;
}

/* ---- its file ---- */

/* Or its directory can be made. */
static bool may_be_written(const char *path) {
    char directory[PATH_MAX];
    snprintf(directory, sizeof directory, "%s", path);
    for (char *slash; (slash = strrchr(directory, '/')) && slash != directory;) {
        *slash = '\0';
        if (access(directory, W_OK | X_OK) == 0)
            return true;
        if (errno != ENOENT)
            return false;
    }
    return false;
}

bool perfadapt__cache_path(const struct perfadapt__variables *variables, char *out, size_t capacity) {
    char other[PATH_MAX];
    const bool is_named =
        perfadapt__user_path(variables->cache_home, variables->home, "/.cache", "/device.ini", out, capacity);
    if (is_named && may_be_written(out))
        return true;
    if (!perfadapt__user_path(variables->runtime_dir, NULL, "", "/probe/device.ini", other, sizeof other) ||
        !may_be_written(other) || strlen(other) >= capacity)
        return is_named;
    memcpy(out, other, strlen(other) + 1);
    return true;
}

/* Another must not speak for the user (think of sudo and HOME). */
static bool is_acceptable(const struct stat *status) {
    return S_ISREG(status->st_mode) && status->st_size <= PERFADAPT__CACHE_BYTES_MAX &&
           (status->st_uid == geteuid() || status->st_uid == 0) && !(status->st_mode & S_IWOTH);
}

/* Read at once: what a file system gives only in parts fails by its sum. */
static bool read_open(int fd, const char *path, const char *key, const struct perfadapt_log *log,
                      struct perfadapt__cache *out_cache) {
    struct stat status;
    const size_t start = sizeof HEAD_START - 1;
    if (fstat(fd, &status) != 0 || !is_acceptable(&status)) {
        perfadapt__log(log, PERFADAPT_LOG_INFO, "%.300s: no file of up to 64 KiB that is the user's alone; not used",
                       path);
        return false;
    }
    const size_t capacity = (size_t)status.st_size + 1;
    char *text = malloc(capacity);
    if (!text)
        return false;
    const ssize_t length = perfadapt__fs_pread(fd, text, capacity);
    const bool good = length >= 0 && perfadapt__cache_parse(text, (size_t)length, key, out_cache);
    if (!good) {
        /* As far as its key is, it may be one of another version, or of another state of the machine. */
        char head[HEAD_BYTES_MAX];
        const size_t until_sum = print_head(key, text, 0, head) - PERFADAPT__HASH_TEXT_BYTES;
        const bool is_ours = strncmp(text, HEAD_START, start) == 0 && strncmp(text, head, until_sum) != 0;
        perfadapt__log(log, is_ours ? PERFADAPT_LOG_DEBUG : PERFADAPT_LOG_INFO, "%.300s: %s; not used", path,
                       is_ours ? "of another boot, driver or version" : "broken");
    }
    free(text);
    return good;
}

bool perfadapt__cache_read(const char *path, const char *key, const struct perfadapt_log *log,
                           struct perfadapt__cache *out_cache) {
    const int fd = perfadapt__fs_lift(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (fd < 0) {
        const bool is_missing = errno == ENOENT || errno == ENOTDIR;
        perfadapt__log(log, is_missing ? PERFADAPT_LOG_DEBUG : PERFADAPT_LOG_INFO,
                       "%.300s: cannot be opened (errno %d)", path, errno);
        return false;
    }
    const bool good = read_open(fd, path, key, log, out_cache);
    close(fd);
    return good;
}

/* ---- printing ---- */

static void print_text(const struct row *row, const char *text, FILE *file) {
    size_t length = strnlen(text, row->limit - 1U);
    if (length > TEXT_BYTES_MAX)
        for (length = TEXT_BYTES_MAX; length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80;)
            length--; /* to where a letter of UTF-8 starts */
    fprintf(file, "%s = \"", row->name);
    for (size_t i = 0; i < length; i++)
        putc(is_control(text[i]) ? '?' : text[i], file);
    fputs("\"\n", file);
}

static uint64_t load_number(const struct row *row, const char *at) {
    uint32_t narrow;
    uint64_t number;
    double real;
    switch (row->kind) {
    case REAL:
        memcpy(&real, at, sizeof real);
        real = real >= 0 && isfinite(real) ? real + 0.0 /* no -0 */ : (double)NAN;
        memcpy(&number, &real, sizeof number);
        return number;
    case LONG:
        memcpy(&number, at, sizeof number);
        return number;
    default:
        memcpy(&narrow, at, sizeof narrow);
        return narrow;
    }
}

static bool print_numbers(const struct row *row, const char *base, FILE *file) {
    const size_t width = width_of(row);
    fprintf(file, "%s =", row->name);
    for (size_t i = 0; i < row->count; i++) {
        const uint64_t number = load_number(row, base + row->offset + i * width);
        if (!is_allowed(row, number))
            return false;
        fprintf(file, " %" PRIu64, number);
    }
    putc('\n', file);
    return true;
}

static bool print_rows(const void *base, const struct row *row, const struct row *end, FILE *file) {
    for (; row < end; row++) {
        if (row->kind < TEXT && !print_numbers(row, base, file))
            return false;
        for (uint32_t line = 0; row->kind >= TEXT && line < count_lines(row, base); line++)
            print_text(row, (const char *)base + row->offset + (size_t)line * row->limit, file);
    }
    return true;
}

static bool print_body(const struct perfadapt__cache *cache, FILE *file) {
    if (!print_rows(cache, ROWS(cache_rows), file))
        return false;
    fputs("\n[system]\n", file);
    bool good = print_rows(&cache->devices[0].system, ROWS(system_rows), file);
    for (uint32_t i = 0; i < cache->device_count && good; i++) {
        fprintf(file, "\n[device %" PRIu32 "]\n", i);
        good = print_rows(&cache->devices[i], ROWS(device_rows), file);
    }
    return good && !ferror(file);
}

bool perfadapt__cache_print(const struct perfadapt__cache *cache, FILE *file) {
    char head[HEAD_BYTES_MAX];
    char *rest = NULL;
    size_t length = 0;
    FILE *memory = open_memstream(&rest, &length);
    if (!memory)
        return false;
    bool good = print_body(cache, memory);
    good = fclose(memory) == 0 && good;
    if (good) {
        const size_t head_length = print_head(cache->key, rest, length, head);
        good = fwrite(head, 1, head_length, file) == head_length && fwrite(rest, 1, length, file) == length;
    }
    free(rest);
    return good;
}
