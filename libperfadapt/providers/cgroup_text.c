/* SPDX-License-Identifier: MIT */
#include "providers/cgroup_text.h"

#include "core/fs.h"

#include <string.h>

/* The page counter's maximum is LONG_MAX rounded down to a page: with pages of up to 64 KiB nothing above this is a
 * limit somebody set. */
static const uint64_t unlimited_bytes = UINT64_C(0x7fffffffffff0000);

static const char *const controllers_of[] = {
    [PERFADAPT__CGROUP_V2] = "", [PERFADAPT__CGROUP_V1_MEMORY] = "memory", [PERFADAPT__CGROUP_V1_CPU] = "cpu"};

/* ---- where it is ---- */

/* Cuts the next field off a text at `separator`; NULL at its end. strsep(3) with one separator. */
static char *next_field(char **text, char separator) {
    char *field = *text;
    if (!field)
        return NULL;
    char *at = strchr(field, separator);
    if (at)
        *at++ = '\0';
    *text = at;
    return field;
}

static bool has_word(char *list, const char *word) {
    for (char *item; (item = next_field(&list, ','));)
        if (strcmp(item, word) == 0)
            return true;
    return false;
}

const char *perfadapt__cgroup_parse_membership(char *line, enum perfadapt__cgroup_hierarchy hierarchy) {
    const char *number = next_field(&line, ':');
    char *controllers = next_field(&line, ':');
    if (!controllers || !line || line[0] != '/')
        return NULL;
    if (hierarchy == PERFADAPT__CGROUP_V2)
        return strcmp(number, "0") == 0 && !*controllers ? line : NULL;
    return has_word(controllers, controllers_of[hierarchy]) ? line : NULL;
}

static bool is_octal(char digit) {
    return digit >= '0' && digit <= '7';
}

/* mountinfo writes blanks, newlines and backslashes as three octal digits. */
static void unescape(char *text) {
    char *to = text;
    for (const char *from = text; *from; to++) {
        if (from[0] == '\\' && is_octal(from[1]) && is_octal(from[2]) && is_octal(from[3])) {
            *to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

/* "36 35 98:0 /root /point options [optional…] - type source super-options" */
bool perfadapt__cgroup_parse_mount(char *line, enum perfadapt__cgroup_hierarchy hierarchy,
                                   struct perfadapt__cgroup_mount *out_mount) {
    char *fields[5];
    for (size_t i = 0; i < 5; i++)
        fields[i] = next_field(&line, ' ');
    const char *field = next_field(&line, ' ');
    while (field && strcmp(field, "-") != 0)
        field = next_field(&line, ' ');
    const char *type = next_field(&line, ' ');
    (void)next_field(&line, ' ');
    char *super_options = next_field(&line, ' ');
    if (!field || !type || !super_options)
        return false;
    if (hierarchy == PERFADAPT__CGROUP_V2
            ? strcmp(type, "cgroup2") != 0
            : strcmp(type, "cgroup") != 0 || !has_word(super_options, controllers_of[hierarchy]))
        return false;
    unescape(fields[3]);
    unescape(fields[4]);
    *out_mount = (struct perfadapt__cgroup_mount){.root = fields[3], .point = fields[4]};
    return true;
}

/* Below "/../" lies what is outside of the cgroup namespace: only a mount whose root says so as well shows it. */
static bool climbs_out(const char *path) {
    return strcmp(path, "/..") == 0 || strncmp(path, "/../", 4) == 0;
}

const char *perfadapt__cgroup_below_root(const char *membership, const char *root) {
    const size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);
    if (strncmp(membership, root, length) != 0 || (membership[length] != '/' && membership[length] != '\0'))
        return NULL;
    const char *rest = membership + length;
    return climbs_out(rest) ? NULL : rest;
}

/* ---- numbers ---- */

static bool is_end(const char *text) {
    return text[strspn(text, " \t\r\n")] == '\0';
}

enum perfadapt__cgroup_value perfadapt__cgroup_parse_bytes(const char *text, uint64_t *out_bytes) {
    uint64_t bytes;
    if (strncmp(text, "max", 3) == 0 && is_end(text + 3))
        return PERFADAPT__CGROUP_NO_VALUE;
    if (!perfadapt__fs_parse_u64(&text, &bytes) || !is_end(text))
        return PERFADAPT__CGROUP_BAD_VALUE;
    *out_bytes = bytes;
    return bytes >= unlimited_bytes ? PERFADAPT__CGROUP_NO_VALUE : PERFADAPT__CGROUP_VALUE;
}

/* A number that nothing ends may have been cut short. */
enum perfadapt__cgroup_value perfadapt__cgroup_parse_key(const char *text, const char *key, uint64_t *out_value) {
    const size_t length = strlen(key);
    for (const char *found = strstr(text, key); found; found = strstr(found + length, key)) {
        if ((found != text && found[-1] != '\n') || found[length] != ' ')
            continue;
        const char *at = found + length;
        uint64_t value;
        if (!perfadapt__fs_parse_u64(&at, &value) || *at != '\n')
            return PERFADAPT__CGROUP_BAD_VALUE;
        *out_value = value;
        return PERFADAPT__CGROUP_VALUE;
    }
    return PERFADAPT__CGROUP_NO_VALUE;
}

static enum perfadapt__cgroup_value divide(const char *quota, const char *period, double *out_processors) {
    uint64_t quota_us;
    uint64_t period_us;
    if (!perfadapt__fs_parse_u64(&quota, &quota_us) || (*quota != ' ' && !is_end(quota)) ||
        !perfadapt__fs_parse_u64(&period, &period_us) || !is_end(period) || quota_us == 0 || period_us == 0)
        return PERFADAPT__CGROUP_BAD_VALUE;
    *out_processors = (double)quota_us / (double)period_us;
    return PERFADAPT__CGROUP_VALUE;
}

enum perfadapt__cgroup_value perfadapt__cgroup_parse_cpu_max(const char *text, double *out_processors) {
    const char *blank = strchr(text, ' ');
    if (strncmp(text, "max", 3) == 0 && (blank == text + 3 || is_end(text + 3)))
        return PERFADAPT__CGROUP_NO_VALUE;
    return blank ? divide(text, blank + 1, out_processors) : PERFADAPT__CGROUP_BAD_VALUE;
}

enum perfadapt__cgroup_value perfadapt__cgroup_parse_cfs(const char *quota, const char *period,
                                                         double *out_processors) {
    const char *at = quota;
    int64_t quota_us;
    if (perfadapt__fs_parse_i64(&at, &quota_us) && is_end(at) && quota_us == -1)
        return PERFADAPT__CGROUP_NO_VALUE;
    return strchr(quota, ' ') ? PERFADAPT__CGROUP_BAD_VALUE : divide(quota, period, out_processors);
}
