/* SPDX-License-Identifier: MIT */
#include "device/families.h"

#include "config/ini_text.h"
#include "core/fs.h"
#include "core/installed.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES_MAX 262144
#define FILES_MAX 64
#define NUMBER_MOST 1e9

/* ---- patterns ---- */

static char lower(char letter) {
    return letter >= 'A' && letter <= 'Z' ? (char)(letter + ('a' - 'A')) : letter;
}

/*
 * The pattern ends at '|' or NUL. Goes back to the last star only, which is enough: no more than length x length steps.
 */
static bool glob_one(const char *pattern, const char *text) {
    const char *star = NULL;
    const char *retry = text;
    for (;;) {
        const bool ended = *pattern == '\0' || *pattern == '|';
        if (*pattern == '*') {
            star = pattern++;
            retry = text;
        } else if (!ended && *text && (*pattern == '?' || lower(*pattern) == lower(*text))) {
            pattern++;
            text++;
        } else if (ended && !*text) {
            return true;
        } else if (star && *retry) {
            pattern = star + 1;
            text = ++retry;
        } else {
            return false;
        }
    }
}

bool perfadapt__families_glob(const char *patterns, const char *text) {
    for (;;) {
        if (glob_one(patterns, text))
            return true;
        patterns = strchr(patterns, '|');
        if (!patterns)
            return false;
        patterns++;
    }
}

/* ---- numbers ---- */

static bool parse_hex(const char **text, uint32_t *out_value) {
    const char *at = *text;
    while (*at == ' ' || *at == '\t')
        at++;
    if (at[0] != '0' || lower(at[1]) != 'x')
        return false;
    at += 2;
    const char *const digits = at;
    uint32_t value = 0;
    for (;; at++) {
        const char letter = lower(*at);
        const bool is_letter = letter >= 'a' && letter <= 'f';
        if (!is_letter && (letter < '0' || letter > '9'))
            break;
        value = value << 4 | (uint32_t)(is_letter ? letter - 'a' + 10 : letter - '0');
    }
    *text = at;
    *out_value = value;
    return at > digits && at - digits <= 8;
}

/* "0x2684, 0x2700-0x27ff". What follows something else than that is not looked at. */
static bool list_has(const char *list, uint32_t number) {
    uint32_t from;
    while (parse_hex(&list, &from)) {
        uint32_t to = from;
        if (*list == '-') {
            list++;
            if (!parse_hex(&list, &to))
                return false;
        }
        if (number >= from && number <= to)
            return true;
        while (*list == ' ' || *list == '\t')
            list++;
        if (*list != ',')
            return false;
        list++;
    }
    return false;
}

/* ---- one section ---- */

/* Of one kind of condition: whether the section has it, and whether one of its values fits. */
struct condition {
    bool given, fits;
};

struct search {
    const struct perfadapt_device *device;
    const char *file;
    struct perfadapt__family *found;
    struct perfadapt__family says; /* the section in hand */
    struct condition vendor, id, name, driver;
};

struct number {
    const char *key;
    size_t offset;
};

static const struct number numbers[] = {
    {"lanes_per_unit", offsetof(struct perfadapt__family, lanes_per_unit)},
    {"units", offsetof(struct perfadapt__family, units)},
    {"clock_mhz", offsetof(struct perfadapt__family, clock_mhz)},
    {"gflops", offsetof(struct perfadapt__family, gflops)},
    {"share", offsetof(struct perfadapt__family, share)},
    {"tier_min", offsetof(struct perfadapt__family, tier_least)},
    {"tier_max", offsetof(struct perfadapt__family, tier_most)},
    {"year", offsetof(struct perfadapt__family, year)},
};
#define NUMBER_COUNT (sizeof numbers / sizeof numbers[0])

static double *number_in(struct perfadapt__family *family, size_t index) {
    return (double *)(void *)((char *)family + numbers[index].offset);
}

static void take_number(struct perfadapt__family *family, const char *key, const char *value) {
    double number;
    for (size_t i = 0; i < NUMBER_COUNT; i++)
        if (strcmp(key, numbers[i].key) == 0 && perfadapt__fs_parse_decimal(&value, &number) && !*value &&
            number <= NUMBER_MOST)
            *number_in(family, i) = number;
}

static void meet(struct condition *condition, bool fits) {
    condition->given = true;
    condition->fits |= fits;
}

static bool take_condition(struct search *search, const char *key, const char *value) {
    const struct perfadapt_device *device = search->device;
    if (strcmp(key, "vendor") == 0)
        meet(&search->vendor, list_has(value, device->vendor_id));
    else if (strcmp(key, "device") == 0)
        meet(&search->id, device->device_id && list_has(value, device->device_id));
    else if (strcmp(key, "name") == 0)
        meet(&search->name, perfadapt__families_glob(value, device->name));
    else if (strcmp(key, "driver") == 0)
        meet(&search->driver, perfadapt__families_glob(value, device->driver_name) ||
                                  perfadapt__families_glob(value, device->driver_info));
    else
        return false;
    return true;
}

static void take_value(struct search *search, const char *key, const char *value) {
    struct perfadapt__family *says = &search->says;
    if (strcmp(key, "deny") == 0)
        snprintf(says->deny, sizeof says->deny, "%s", value);
    else if (strcmp(key, "tiled") == 0)
        says->tiled = strcmp(value, "yes") == 0;
    else if (strcmp(key, "type") == 0)
        for (uint32_t type = 0; type <= PERFADAPT_DEVICE_CPU; type++)
            says->type = strcmp(value, perfadapt_device_type_name(type)) == 0 ? type + 1 : says->type;
    else
        take_number(says, key, value);
}

/* A number or a name is enough: reports may lack either. Without a vendor's number, a name tells the vendor as well. */
static bool fits(const struct search *search) {
    const bool called = search->id.fits || search->name.fits;
    const bool of_vendor =
        !search->vendor.given || search->vendor.fits || (search->device->vendor_id == 0 && search->name.fits);
    return of_vendor && (called || (!search->id.given && !search->name.given)) &&
           (!search->driver.given || search->driver.fits) && (search->vendor.given || called || search->driver.given);
}

static void merge(struct perfadapt__family *to, struct perfadapt__family *says, bool by_itself) {
    for (size_t i = 0; i < NUMBER_COUNT; i++)
        if (*number_in(says, i) > 0)
            *number_in(to, i) = *number_in(says, i);
    to->type = says->type ? says->type : to->type;
    to->tiled |= says->tiled;
    if (says->deny[0])
        memcpy(to->deny, says->deny, sizeof to->deny);
    if (says->share > 0) {
        memcpy(to->through, says->name, sizeof to->through);
        return;
    }
    memcpy(to->name, says->name, sizeof to->name);
    memcpy(to->where, says->where, sizeof to->where);
    to->known |= by_itself;
}

static void end_section(struct search *search) {
    if (search->says.name[0] && fits(search))
        merge(search->found, &search->says, search->id.fits || search->name.fits);
    search->says = (struct perfadapt__family){0};
    search->vendor = search->id = search->name = search->driver = (struct condition){false, false};
}

static void take_line(void *user, const struct perfadapt__ini_text *ini, const char *section, const char *key,
                      const char *value) {
    struct search *search = user;
    struct perfadapt__family *says = &search->says;
    if (!key) {
        end_section(search);
        snprintf(says->where, sizeof says->where, "%.40s:%u", search->file, ini->line_number);
        return;
    }
    if (!says->name[0])
        snprintf(says->name, sizeof says->name, "%s", section);
    if (!take_condition(search, key, value))
        take_value(search, key, value);
}

/* ---- files ---- */

/* All of a file or nothing: keys behind what is no INI may stand under the wrong section. */
void perfadapt__families_read(const struct perfadapt_device *device, const char *file, const char *text, size_t length,
                              struct perfadapt__family *family) {
    struct perfadapt__family found = *family;
    struct search search = {.device = device, .file = file, .found = &found};
    const int line = perfadapt__ini_parse(text, length, take_line, &search);
    end_section(&search);
    if (line == 0)
        *family = found;
    else if (!family->broken[0])
        snprintf(family->broken, sizeof family->broken, "%.40s:%d", file, line > 0 ? line : 0);
}

static void search_file(const struct perfadapt__root *root, const char *file, const struct perfadapt_device *device,
                        struct perfadapt__family *family) {
    struct stat status;
    const int fd = perfadapt__root_openat(root, file, O_RDONLY);
    char *text = NULL;
    if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size < FILE_BYTES_MAX)
        text = malloc((size_t)status.st_size + 1);
    const ssize_t length = text ? perfadapt__fs_pread(fd, text, (size_t)status.st_size + 1) : -1;
    if (length >= 0)
        perfadapt__families_read(device, file, text, (size_t)length, family);
    else if (!family->broken[0])
        snprintf(family->broken, sizeof family->broken, "%.40s:0", file);
    free(text);
    if (fd >= 0)
        close(fd);
}

static int is_ini(const struct dirent *entry) {
    const size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > 4 && strcmp(entry->d_name + length - 4, ".ini") == 0;
}

/* Not alphasort(3), which goes by the host's locale. */
static int by_name(const struct dirent **left, const struct dirent **right) {
    return strcmp((*left)->d_name, (*right)->d_name);
}

bool perfadapt__families_find(const char *data_dir, const struct perfadapt_device *device,
                              struct perfadapt__family *out_family) {
    char path[PATH_MAX];
    struct perfadapt__root root;
    struct dirent **files = NULL;
    *out_family = (struct perfadapt__family){0};
    if (data_dir ? snprintf(path, sizeof path, "%s", data_dir) >= (int)sizeof path - (int)sizeof "/devices"
                 : !perfadapt__data_dir(path, sizeof path - sizeof "/devices"))
        return false;
    strcat(path, "/devices"); /* NOLINT(clang-analyzer-security.insecureAPI.strcpy): it fits */
    if (perfadapt__root_open(path, &root) != PERFADAPT_OK)
        return false;
    root.confined = false; /* a distribution may link files from elsewhere */
    const int count = scandir(path, &files, is_ini, by_name);
    for (int i = 0; i < count; i++) {
        if (i < FILES_MAX)
            search_file(&root, files[i]->d_name, device, out_family);
        free(files[i]);
    }
    free(files);
    perfadapt__root_close(&root);
    return count > 0;
}
