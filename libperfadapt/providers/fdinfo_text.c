/* The format: kernel, Documentation/gpu/drm-usage-stats.rst. SPDX-License-Identifier: MIT */
#include "providers/fdinfo_text.h"

#include "core/fs.h"

#include <stdio.h>
#include <string.h>

/* ---- lines ---- */

/* One line "key: value", neither with its ends. */
struct line {
    const char *key;
    size_t key_length;
    const char *value;
    size_t value_length;
};

/* Moves *text behind the next whole line; false at the end. Lines without a colon come back with no key. */
static bool next_line(const char **text, struct line *out_line) {
    const char *end = strchr(*text, '\n');
    if (!end)
        return false;
    const char *start = *text;
    const char *colon = memchr(start, ':', (size_t)(end - start));
    *text = end + 1;
    *out_line = (struct line){.key = start};
    if (!colon)
        return true;
    out_line->key_length = (size_t)(colon - start);
    out_line->value = colon + 1;
    while (*out_line->value == ' ' || *out_line->value == '\t')
        out_line->value++;
    out_line->value_length = (size_t)(end - out_line->value);
    return true;
}

static bool is_key(const struct line *line, const char *key) {
    return line->key_length == strlen(key) && memcmp(line->key, key, line->key_length) == 0;
}

/* What follows `prefix` in the key, as a name of at most `capacity` - 1 characters. */
static bool name_behind(const struct line *line, const char *prefix, char *out, size_t capacity) {
    const size_t length = strlen(prefix);
    if (line->key_length <= length || memcmp(line->key, prefix, length) != 0 || line->key_length - length >= capacity)
        return false;
    memcpy(out, line->key + length, line->key_length - length);
    out[line->key_length - length] = '\0';
    return true;
}

/* Words only: they become parts of paths. */
static bool copy_word(const struct line *line, char *out, size_t capacity) {
    size_t length = line->value_length;
    while (length > 0 && (line->value[length - 1] == ' ' || line->value[length - 1] == '\r'))
        length--;
    if (length == 0 || length >= capacity || line->value[0] == '.')
        return false;
    for (size_t i = 0; i < length; i++)
        if (line->value[i] <= ' ' || line->value[i] > '~' || line->value[i] == '/')
            return false;
    memcpy(out, line->value, length);
    out[length] = '\0';
    return true;
}

static bool parse_u64(const struct line *line, const char **out_rest, uint64_t *out_value) {
    const char *at = line->value;
    if (line->value_length == 0 || !perfadapt__fs_parse_u64(&at, out_value))
        return false;
    *out_rest = at + strspn(at, " \t");
    return true;
}

/* ---- engines ---- */

static struct perfadapt__fdinfo_engine *engine_of(struct perfadapt__fdinfo *info, const char *name) {
    for (size_t i = 0; i < info->engine_count; i++)
        if (strcmp(info->engines[i].name, name) == 0)
            return &info->engines[i];
    if (info->engine_count == PERFADAPT__FDINFO_ENGINES_MAX)
        return NULL;
    struct perfadapt__fdinfo_engine *engine = &info->engines[info->engine_count++];
    *engine = (struct perfadapt__fdinfo_engine){.capacity = 1};
    snprintf(engine->name, sizeof engine->name, "%s", name);
    return engine;
}

enum engine_key { CAPACITY, BUSY, TOTAL_CYCLES, CYCLES, ENGINE_KEY_COUNT };

/* The longer prefixes first: "drm-engine-capacity-gfx" is no engine called "capacity-gfx". */
static const char *const engine_prefixes[ENGINE_KEY_COUNT] = {"drm-engine-capacity-", "drm-engine-",
                                                              "drm-total-cycles-", "drm-cycles-"};

static void put_engine(struct perfadapt__fdinfo_engine *engine, enum engine_key key, uint64_t value) {
    switch (key) {
    case CAPACITY:
        engine->capacity = value >= 1 && value <= 1024 ? (uint32_t)value : 1;
        break;
    case BUSY:
        engine->busy_ns = value;
        engine->has_busy_ns = true;
        break;
    case TOTAL_CYCLES:
        engine->total_cycles = value;
        engine->has_total_cycles = true;
        break;
    default:
        engine->cycles = value;
        engine->has_cycles = true;
        break;
    }
}

static bool parse_engine(const struct line *line, struct perfadapt__fdinfo *info) {
    char name[sizeof info->engines[0].name];
    for (size_t key = 0; key < ENGINE_KEY_COUNT; key++) {
        const char *rest;
        uint64_t value;
        if (!name_behind(line, engine_prefixes[key], name, sizeof name))
            continue;
        if (!parse_u64(line, &rest, &value) || (key == BUSY && strncmp(rest, "ns", 2) != 0))
            return true;
        struct perfadapt__fdinfo_engine *engine = engine_of(info, name);
        if (engine)
            put_engine(engine, (enum engine_key)key, value);
        return true;
    }
    return false;
}

/* ---- memory ---- */

static const char *const region_prefixes[] = {"drm-total-", "drm-memory-", "drm-resident-"};

static bool unit_of(const char *rest, double *out_bytes) {
    static const struct {
        const char *name;
        double bytes;
    } units[] = {{"KiB", 1024}, {"MiB", 1048576}, {"GiB", 1073741824}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strncmp(rest, units[i].name, 3) != 0)
            continue;
        *out_bytes = units[i].bytes;
        return true;
    }
    *out_bytes = 1;
    return *rest == '\n' || strncmp(rest, "B", 1) == 0;
}

static struct perfadapt__fdinfo_region *region_of(struct perfadapt__fdinfo *info, const char *name) {
    for (size_t i = 0; i < info->region_count; i++)
        if (strcmp(info->regions[i].name, name) == 0)
            return &info->regions[i];
    if (info->region_count == PERFADAPT__FDINFO_REGIONS_MAX)
        return NULL;
    struct perfadapt__fdinfo_region *region = &info->regions[info->region_count++];
    *region = (struct perfadapt__fdinfo_region){.bytes = 0};
    snprintf(region->name, sizeof region->name, "%s", name);
    return region;
}

static void parse_region(const struct line *line, struct perfadapt__fdinfo *info) {
    char name[sizeof info->regions[0].name];
    for (uint32_t i = 0; i < sizeof region_prefixes / sizeof region_prefixes[0]; i++) {
        const char *rest;
        uint64_t value;
        double unit_bytes;
        if (!name_behind(line, region_prefixes[i], name, sizeof name))
            continue;
        if (!parse_u64(line, &rest, &value) || !unit_of(rest, &unit_bytes))
            return;
        struct perfadapt__fdinfo_region *region = region_of(info, name);
        if (!region || region->rank > i + 1)
            return;
        region->bytes = (double)value * unit_bytes;
        region->rank = i + 1;
        return;
    }
}

/* ---- the whole ---- */

bool perfadapt__fdinfo_parse(const char *text, struct perfadapt__fdinfo *out_info) {
    struct line line;
    *out_info = (struct perfadapt__fdinfo){.has_client = false};
    while (next_line(&text, &line)) {
        const char *rest;
        if (is_key(&line, "drm-driver"))
            copy_word(&line, out_info->driver, sizeof out_info->driver);
        else if (is_key(&line, "drm-pdev"))
            copy_word(&line, out_info->pdev, sizeof out_info->pdev);
        else if (is_key(&line, "drm-client-id"))
            out_info->has_client = parse_u64(&line, &rest, &out_info->client);
        else if (!parse_engine(&line, out_info))
            parse_region(&line, out_info);
    }
    return out_info->driver[0] && out_info->has_client;
}

/* amdgpu's "cpu" is what it has thrown out of the GPU's reach. */
bool perfadapt__fdinfo_memory(const struct perfadapt__fdinfo *info, double *out_bytes) {
    bool any = false;
    *out_bytes = 0;
    for (size_t i = 0; i < info->region_count; i++) {
        if (strcmp(info->regions[i].name, "cpu") == 0)
            continue;
        *out_bytes += info->regions[i].bytes;
        any = true;
    }
    return any;
}

bool perfadapt__fdinfo_engine_draws(const char *name) {
    static const char *const others[] = {"dma", "copy", "bcs", "dec",  "enc", "jpeg", "video",
                                         "vcs", "vecs", "vpe", "sdma", "vcn", "uvd",  "vce"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strncmp(name, others[i], strlen(others[i])) == 0)
            return false;
    return true;
}
