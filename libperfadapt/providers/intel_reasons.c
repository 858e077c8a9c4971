/* SPDX-License-Identifier: MIT */
#include "providers/intel_reasons.h"

#include "providers/provider.h"

#include <string.h>

/*
 * Kernel: drivers/gpu/drm/xe/xe_gt_throttle.c; i915 has the first eight. RATL is a limit of the running average of the
 * temperature, PROCHOT the pin by which the package or the board calls for less heat. TDC, ICCMAX and FastVMode are
 * limits of the voltage regulator's current; PL4 is documented as "PL4, Iccmax etc." and counts as power with the other
 * PLs. P0 is the highest clock that the chip has: being held there is no answer to heat.
 */
static const struct {
    const char *name;
    uint32_t claim;
} reasons[] = {
    {"pl1", PERFADAPT__CLAIM(POWER)},
    {"pl2", PERFADAPT__CLAIM(POWER)},
    {"pl4", PERFADAPT__CLAIM(POWER)},
    {"thermal", PERFADAPT__CLAIM(THERMAL)},
    {"prochot", PERFADAPT__CLAIM(THERMAL)},
    {"ratl", PERFADAPT__CLAIM(THERMAL)},
    {"vr_thermalert", PERFADAPT__CLAIM(THERMAL)},
    {"vr_tdc", PERFADAPT__CLAIM(CURRENT)},
    {"soc_thermal", PERFADAPT__CLAIM(THERMAL)},
    {"soc_avg_thermal", PERFADAPT__CLAIM(THERMAL)},
    {"mem_thermal", PERFADAPT__CLAIM(THERMAL)},
    {"vr_thermal", PERFADAPT__CLAIM(THERMAL)},
    {"iccmax", PERFADAPT__CLAIM(CURRENT)},
    {"fastvmode", PERFADAPT__CLAIM(CURRENT)},
    {"psys_pl1", PERFADAPT__CLAIM(POWER)},
    {"psys_pl2", PERFADAPT__CLAIM(POWER)},
    {"psys_crit", PERFADAPT__CLAIM(POWER)},
    {"p0_freq", PERFADAPT__CLAIM(POLICY)},
};

#define REASON_COUNT (sizeof reasons / sizeof reasons[0])
_Static_assert(REASON_COUNT <= PERFADAPT__INTEL_REASONS_MAX, "PERFADAPT__INTEL_REASONS_MAX is to be raised");

const char *perfadapt__intel_reason_name(size_t index) {
    return index < REASON_COUNT ? reasons[index].name : NULL;
}

uint32_t perfadapt__intel_reason_claim(size_t index) {
    return index < REASON_COUNT ? reasons[index].claim : PERFADAPT__CLAIM(UNKNOWN);
}

void perfadapt__intel_reasons_append(char *text, size_t capacity, const char *name, size_t length) {
    const size_t used = strlen(text);
    if (used + (used > 0) + length + 1 > capacity)
        return;
    if (used > 0)
        text[used] = ' ';
    memcpy(text + used + (used > 0), name, length);
    text[used + (used > 0) + length] = '\0';
}

static uint32_t claim_of(const char *name, size_t length) {
    if (length == 4 && strncmp(name, "none", length) == 0)
        return PERFADAPT__CLAIM(NONE);
    for (size_t i = 0; i < REASON_COUNT; i++)
        if (strlen(reasons[i].name) == length && strncmp(name, reasons[i].name, length) == 0)
            return reasons[i].claim;
    return PERFADAPT__CLAIM(UNKNOWN);
}

uint32_t perfadapt__intel_reasons_claims(const char *text, char *out_text, size_t capacity) {
    uint32_t claims = 0;
    out_text[0] = '\0';
    for (size_t length; text += strspn(text, " \t\r\n"), (length = strcspn(text, " \t\r\n")) > 0; text += length) {
        claims |= claim_of(text, length);
        perfadapt__intel_reasons_append(out_text, capacity, text, length);
    }
    return claims;
}
