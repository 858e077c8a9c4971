/* SPDX-License-Identifier: MIT */
#include "providers/gpu_metrics.h"

#include "providers/provider.h"

#include <math.h> /* NAN and isnan only: no libm is linked */
#include <stdio.h>
#include <string.h>

#define HEADER_BYTES 4
#define NONE 0 /* offset of what a revision does not have: the header is there */

enum power_unit { WATT, MILLIWATT_32, MILLIWATT_16, WATT_OR_MILLIWATT };

/* Where a revision keeps what is used of it, in bytes from the start. */
struct layout {
    uint8_t format;
    uint8_t content;
    uint16_t size;
    uint8_t centi_degrees; /* APUs: 0.01 °C; graphics cards: °C */
    uint8_t edge;
    uint8_t hotspot;
    uint8_t memory;
    uint8_t cores;
    uint8_t core_count;
    uint8_t power;
    uint8_t power_unit; /* enum power_unit */
    uint8_t activity;   /* only where its unit is certain */
    uint8_t activity_per_percent;
    uint16_t clock;         /* of now */
    uint16_t clock_average; /* where that of now is not given */
    uint16_t throttle;
    uint16_t residency;
};

/*
 * v1 is of graphics cards, v2 and v3 of APUs. v1.0 and v2.0 hold a 64-bit time behind the header, with four bytes of
 * padding before it. The throttle word of v1.0-1.2, v1.4, v1.5, v2.0 and v2.1 is the chip's own: not used.
 *
 * The activity of v2.0-2.3 and v3.0 is in 1 or 0.01 % depending on chip and firmware: not used. Kernel:
 * smu_v13_0_4_ppt.c and smu_v14_0_0_ppt.c divide it by 100 for gpu_busy_percent, the latter by the firmware's version,
 * and neither does for the table.
 */
static const struct layout layouts[] = {
    {.format = 1,
     .content = 0,
     .size = 80,
     .edge = 16,
     .hotspot = 18,
     .memory = 20,
     .power = 34,
     .activity = 28,
     .activity_per_percent = 1,
     .clock = 54,
     .clock_average = 40},
    {.format = 1,
     .content = 1,
     .size = 96,
     .edge = 4,
     .hotspot = 6,
     .memory = 8,
     .power = 22,
     .activity = 16,
     .activity_per_percent = 1,
     .clock = 54,
     .clock_average = 40},
    {.format = 1,
     .content = 2,
     .size = 104,
     .edge = 4,
     .hotspot = 6,
     .memory = 8,
     .power = 22,
     .activity = 16,
     .activity_per_percent = 1,
     .clock = 54,
     .clock_average = 40},
    {.format = 1,
     .content = 3,
     .size = 120,
     .edge = 4,
     .hotspot = 6,
     .memory = 8,
     .power = 22,
     .activity = 16,
     .activity_per_percent = 1,
     .clock = 54,
     .clock_average = 40,
     .throttle = 112},
    {.format = 1,
     .content = 4,
     .size = 288,
     .hotspot = 4,
     .memory = 6,
     .power = 10,
     .activity = 12,
     .activity_per_percent = 1,
     .clock = 240},
    {.format = 1,
     .content = 5,
     .size = 360,
     .hotspot = 4,
     .memory = 6,
     .power = 10,
     .activity = 12,
     .activity_per_percent = 1,
     .clock = 312},
    {.format = 2,
     .content = 0,
     .size = 120,
     .centi_degrees = 1,
     .edge = 16,
     .cores = 20,
     .core_count = 8,
     .power = 44,
     .power_unit = WATT_OR_MILLIWATT,
     .clock = 80,
     .clock_average = 68},
    {.format = 2,
     .content = 1,
     .size = 120,
     .centi_degrees = 1,
     .edge = 4,
     .cores = 8,
     .core_count = 8,
     .power = 40,
     .power_unit = WATT_OR_MILLIWATT,
     .clock = 76,
     .clock_average = 64},
    {.format = 2,
     .content = 2,
     .size = 128,
     .centi_degrees = 1,
     .edge = 4,
     .cores = 8,
     .core_count = 8,
     .power = 40,
     .power_unit = WATT_OR_MILLIWATT,
     .clock = 76,
     .clock_average = 64,
     .throttle = 120},
    {.format = 2,
     .content = 3,
     .size = 152,
     .centi_degrees = 1,
     .edge = 4,
     .cores = 8,
     .core_count = 8,
     .power = 40,
     .power_unit = WATT_OR_MILLIWATT,
     .clock = 76,
     .clock_average = 64,
     .throttle = 120},
    {.format = 2,
     .content = 4,
     .size = 168,
     .centi_degrees = 1,
     .edge = 4,
     .cores = 8,
     .core_count = 8,
     .power = 40,
     .power_unit = MILLIWATT_16,
     .activity = 28,
     .activity_per_percent = 100,
     .clock = 76,
     .clock_average = 64,
     .throttle = 120},
    {.format = 3,
     .content = 0,
     .size = 264,
     .centi_degrees = 1,
     .edge = 4,
     .cores = 8,
     .core_count = 16,
     .power = 112,
     .power_unit = MILLIWATT_32,
     .clock_average = 174,
     .residency = 228},
};

/* Every offset lies within its table, and the widest field behind it too. */
_Static_assert(264 >= 228 + PERFADAPT__GPU_RESIDENCIES * 4, "v3.0 holds its counters");

/* ---- bytes ---- */

static uint64_t read_little(const uint8_t *bytes, size_t offset, size_t width) {
    uint64_t value = 0;
    for (size_t i = width; i-- > 0;)
        value = value << 8 | bytes[offset + i];
    return value;
}

/* All bits set = the firmware does not tell. */
static double read_u16(const uint8_t *bytes, size_t offset) {
    const uint64_t value = offset == NONE ? UINT16_MAX : read_little(bytes, offset, 2);
    return value == UINT16_MAX ? (double)NAN : (double)value;
}

/* 0 is what chips say of sensors that they do not have: cores that are fused off, memory without a diode. */
static double read_celsius(const uint8_t *bytes, size_t offset, const struct layout *layout) {
    const double celsius = read_u16(bytes, offset) / (layout->centi_degrees ? 100 : 1);
    return celsius > 0 && celsius < 150 ? celsius : (double)NAN;
}

static double hottest_core(const uint8_t *bytes, const struct layout *layout) {
    double hottest = (double)NAN;
    for (size_t i = 0; i < layout->core_count; i++) {
        const double celsius = read_celsius(bytes, layout->cores + 2 * i, layout);
        if (!isnan(celsius) && (isnan(hottest) || celsius > hottest))
            hottest = celsius;
    }
    return hottest;
}

/* Firmware of Renoir changed from mW to W (kernel: renoir_ppt.c). No APU draws 300 W, and none that is awake 0.3 W. */
static double read_watts(const uint8_t *bytes, const struct layout *layout) {
    static const double least_milliwatts = 300;
    if (layout->power_unit == MILLIWATT_32) {
        const uint64_t milliwatts = read_little(bytes, layout->power, 4);
        return milliwatts > 0 && milliwatts < 2000000 ? (double)milliwatts / 1000 : (double)NAN;
    }
    const double value = read_u16(bytes, layout->power);
    if (isnan(value) || value <= 0)
        return (double)NAN;
    if (layout->power_unit == MILLIWATT_16 || (layout->power_unit == WATT_OR_MILLIWATT && value >= least_milliwatts))
        return value / 1000;
    return value < 2000 ? value : (double)NAN;
}

static double read_clock(const uint8_t *bytes, const struct layout *layout) {
    const double now = read_u16(bytes, layout->clock);
    const double megahertz = isnan(now) ? read_u16(bytes, layout->clock_average) : now;
    return megahertz < 10000 ? megahertz : (double)NAN;
}

static double read_busy(const uint8_t *bytes, const struct layout *layout) {
    if (layout->activity == NONE)
        return (double)NAN;
    const double busy = read_u16(bytes, layout->activity) / (100.0 * layout->activity_per_percent);
    return busy <= 1 ? busy : (double)NAN;
}

/* ---- the table ---- */

static const struct layout *find_layout(const uint8_t *bytes) {
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++)
        if (layouts[i].format == bytes[2] && layouts[i].content == bytes[3])
            return &layouts[i];
    return NULL;
}

static void take_throttling(const uint8_t *bytes, const struct layout *layout, struct perfadapt__gpu_metrics *out) {
    if (layout->throttle != NONE) {
        out->throttle = read_little(bytes, layout->throttle, 8);
        out->throttle_known = out->throttle != UINT64_MAX;
    }
    if (layout->residency == NONE)
        return;
    for (size_t i = 0; i < PERFADAPT__GPU_RESIDENCIES; i++) {
        out->residency[i] = (uint32_t)read_little(bytes, layout->residency + 4 * i, 4);
        out->residency_known |= out->residency[i] != UINT32_MAX;
    }
}

enum perfadapt_why perfadapt__gpu_metrics_parse(const void *table, size_t length, struct perfadapt__gpu_metrics *out) {
    const uint8_t *bytes = table;
    *out = (struct perfadapt__gpu_metrics){0};
    out->edge_c = out->hotspot_c = out->memory_c = out->cpu_c = (double)NAN;
    out->power_w = out->clock_mhz = out->busy = (double)NAN;
    if (length < HEADER_BYTES)
        return length == 0 ? PERFADAPT_WHY_EMPTY : PERFADAPT_WHY_GARBAGE;
    out->format = bytes[2];
    out->content = bytes[3];
    const struct layout *layout = find_layout(bytes);
    if (!layout)
        return PERFADAPT_WHY_REVISION;
    if (read_little(bytes, 0, 2) != layout->size || length < layout->size)
        return PERFADAPT_WHY_GARBAGE;
    out->edge_c = read_celsius(bytes, layout->edge, layout);
    out->hotspot_c = read_celsius(bytes, layout->hotspot, layout);
    out->memory_c = read_celsius(bytes, layout->memory, layout);
    out->cpu_c = hottest_core(bytes, layout);
    out->power_w = read_watts(bytes, layout);
    out->clock_mhz = read_clock(bytes, layout);
    out->busy = read_busy(bytes, layout);
    take_throttling(bytes, layout, out);
    return PERFADAPT_WHY_NONE;
}

/* ---- what the bits say ---- */

/* No printf: this is done at every look while something throttles. */
static void append_word(char *text, size_t capacity, const char *word) {
    const size_t used = strlen(text);
    const size_t length = strlen(word);
    if (used + length + 2 > capacity)
        return;
    if (used > 0)
        text[used] = ' ';
    memcpy(text + used + (used > 0), word, length + 1);
}

/* Kernel: drivers/gpu/drm/amd/pm/swsmu/inc/amdgpu_smu.h, SMU_THROTTLER_*. */
static const char *const bit_names[64] = {
    [0] = "PPT0",          [1] = "PPT1",          [2] = "PPT2",          [3] = "PPT3",         [4] = "SPL",
    [5] = "FPPT",          [6] = "SPPT",          [7] = "SPPT_APU",      [16] = "TDC_GFX",     [17] = "TDC_SOC",
    [18] = "TDC_MEM",      [19] = "TDC_VDD",      [20] = "TDC_CVIP",     [21] = "EDC_CPU",     [22] = "EDC_GFX",
    [23] = "APCC",         [32] = "TEMP_GPU",     [33] = "TEMP_CORE",    [34] = "TEMP_MEM",    [35] = "TEMP_EDGE",
    [36] = "TEMP_HOTSPOT", [37] = "TEMP_SOC",     [38] = "TEMP_VR_GFX",  [39] = "TEMP_VR_SOC", [40] = "TEMP_VR_MEM0",
    [41] = "TEMP_VR_MEM1", [42] = "TEMP_LIQUID0", [43] = "TEMP_LIQUID1", [44] = "VRHOT0",      [45] = "VRHOT1",
    [46] = "PROCHOT_CPU",  [47] = "PROCHOT_GFX",  [56] = "PPM",          [57] = "FIT"};

/* Nearly always set on RDNA3, at any temperature. */
static const uint64_t hotspot_bit = UINT64_C(1) << 36;

/* PPM manages power over the whole platform, FIT keeps voltage down for the chip's life: neither is an answer to heat.
 * Bits that have no name yet are said to be throttling, of a kind that is not known. */
static uint32_t claim_of_bit(unsigned bit) {
    if (!bit_names[bit])
        return PERFADAPT__CLAIM(UNKNOWN);
    if (bit < 16)
        return PERFADAPT__CLAIM(POWER);
    if (bit < 32)
        return PERFADAPT__CLAIM(CURRENT);
    return bit < 48 ? PERFADAPT__CLAIM(THERMAL) : PERFADAPT__CLAIM(POLICY);
}

uint32_t perfadapt__gpu_metrics_claims(uint64_t throttle, char *out_text, size_t capacity) {
    const uint64_t counted = throttle & ~hotspot_bit;
    uint32_t claims = 0;
    out_text[0] = '\0';
    for (unsigned bit = 0; bit < 64 && counted >> bit; bit++) {
        if (!(counted >> bit & 1))
            continue;
        char unnamed[8];
        if (!bit_names[bit])
            snprintf(unnamed, sizeof unnamed, "bit %u", bit);
        append_word(out_text, capacity, bit_names[bit] ? bit_names[bit] : unnamed);
        claims |= claim_of_bit(bit);
    }
    if (claims)
        return claims;
    append_word(out_text, capacity, "none");
    return PERFADAPT__CLAIM(NONE);
}

static const struct {
    const char *name;
    uint32_t claim;
} residencies[PERFADAPT__GPU_RESIDENCIES] = {
    {"PROCHOT", PERFADAPT__CLAIM(THERMAL)},  {"SPL", PERFADAPT__CLAIM(POWER)},
    {"FPPT", PERFADAPT__CLAIM(POWER)},       {"SPPT", PERFADAPT__CLAIM(POWER)},
    {"THM_CORE", PERFADAPT__CLAIM(THERMAL)}, {"THM_GFX", PERFADAPT__CLAIM(THERMAL)},
    {"THM_SOC", PERFADAPT__CLAIM(THERMAL)},
};

/* The firmware may be loaded anew, and its counters begin at 0: what seems to have gone back says nothing. */
static bool has_grown(uint32_t before, uint32_t now) {
    const uint32_t growth = now - before;
    return before != UINT32_MAX && now != UINT32_MAX && growth > 0 && growth < UINT32_C(1) << 31;
}

uint32_t perfadapt__gpu_metrics_residency_claims(const uint32_t *before, const uint32_t *now, char *out_text,
                                                 size_t capacity) {
    uint32_t claims = 0;
    out_text[0] = '\0';
    for (size_t i = 0; i < PERFADAPT__GPU_RESIDENCIES; i++) {
        if (!has_grown(before[i], now[i]))
            continue;
        append_word(out_text, capacity, residencies[i].name);
        claims |= residencies[i].claim;
    }
    if (claims)
        return claims;
    append_word(out_text, capacity, "none");
    return PERFADAPT__CLAIM(NONE);
}
