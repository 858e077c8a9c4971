/* SPDX-License-Identifier: MIT */
#include "profile/words.h"

#include "profile/json.h"

#include <perfadapt/profile.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

struct word {
    const char *name;
    uint32_t number;
};

static const struct word device_types[] = {
    {"OTHER", PERFADAPT_DEVICE_OTHER},
    {"INTEGRATED_GPU", PERFADAPT_DEVICE_INTEGRATED},
    {"DISCRETE_GPU", PERFADAPT_DEVICE_DISCRETE},
    {"VIRTUAL_GPU", PERFADAPT_DEVICE_VIRTUAL},
    {"CPU", PERFADAPT_DEVICE_CPU},
    {NULL, 0},
};

/* VkDriverId, as of Vulkan 1.4. */
static const struct word driver_ids[] = {
    {"AMD_PROPRIETARY", 1},
    {"AMD_OPEN_SOURCE", 2},
    {"MESA_RADV", 3},
    {"NVIDIA_PROPRIETARY", 4},
    {"INTEL_PROPRIETARY_WINDOWS", 5},
    {"INTEL_OPEN_SOURCE_MESA", 6},
    {"IMAGINATION_PROPRIETARY", 7},
    {"QUALCOMM_PROPRIETARY", 8},
    {"ARM_PROPRIETARY", 9},
    {"GOOGLE_SWIFTSHADER", 10},
    {"GGP_PROPRIETARY", 11},
    {"BROADCOM_PROPRIETARY", 12},
    {"MESA_LLVMPIPE", 13},
    {"MOLTENVK", 14},
    {"COREAVI_PROPRIETARY", 15},
    {"JUICE_PROPRIETARY", 16},
    {"VERISILICON_PROPRIETARY", 17},
    {"MESA_TURNIP", 18},
    {"MESA_V3DV", 19},
    {"MESA_PANVK", 20},
    {"SAMSUNG_PROPRIETARY", 21},
    {"MESA_VENUS", 22},
    {"MESA_DOZEN", 23},
    {"MESA_NVK", 24},
    {"IMAGINATION_OPEN_SOURCE_MESA", 25},
    {"MESA_HONEYKRISP", 26},
    {"VULKAN_SC_EMULATION_ON_VULKAN", 27},
    {"MESA_KOSMICKRISP", 28},
    {NULL, 0},
};

static const struct word queues[] = {
    {"GRAPHICS", PROFILE_QUEUE_GRAPHICS},
    {"COMPUTE", PROFILE_QUEUE_COMPUTE},
    {"TRANSFER", 4},
    {"SPARSE_BINDING", 8},
    {NULL, 0},
};

static const struct word heaps[] = {
    {"DEVICE_LOCAL", 1},
    {"MULTI_INSTANCE", 2},
    {NULL, 0},
};

static const struct word memories[] = {
    {"DEVICE_LOCAL", 0x1},      {"HOST_VISIBLE", 0x2},
    {"HOST_COHERENT", 0x4},     {"HOST_CACHED", 0x8},
    {"LAZILY_ALLOCATED", 0x10}, {"PROTECTED", 0x20},
    {"DEVICE_COHERENT", 0x40},  {"DEVICE_UNCACHED", 0x80},
    {"RDMA_CAPABLE", 0x100},    {NULL, 0},
};

static const struct {
    const char *beginning;
    const struct word *words;
} vocabularies[] = {
    [PROFILE_WORDS_DEVICE_TYPE] = {"PHYSICAL_DEVICE_TYPE_", device_types},
    [PROFILE_WORDS_DRIVER_ID] = {"DRIVER_ID_", driver_ids},
    [PROFILE_WORDS_QUEUE] = {"QUEUE_", queues},
    [PROFILE_WORDS_HEAP] = {"MEMORY_HEAP_", heaps},
    [PROFILE_WORDS_MEMORY] = {"MEMORY_PROPERTY_", memories},
};

static const char *without(const char *text, const char *beginning) {
    const size_t length = strlen(beginning);
    return strncasecmp(text, beginning, length) == 0 ? text + length : text;
}

/* "_BIT", and whose it was before it became part of the core: "_KHR", "_BIT_AMD". */
static bool is_ending(const char *text) {
    text = without(text, "_BIT");
    return *text == '\0' || (*text == '_' && strlen(text) <= sizeof "_VENDOR" - 1 && !strchr(text + 1, '_'));
}

static bool find_word(enum profile_vocabulary vocabulary, const char *text, uint32_t *out) {
    if (!text)
        return false;
    const char *name = without(without(text, "VK_"), vocabularies[vocabulary].beginning);
    for (const struct word *word = vocabularies[vocabulary].words; word->name; word++) {
        const size_t length = strlen(word->name);
        if (strncasecmp(name, word->name, length) == 0 && is_ending(name + length)) {
            *out = word->number;
            return true;
        }
    }
    return false;
}

bool profile_words_one(enum profile_vocabulary vocabulary, const json_t *value, uint32_t *out) {
    return profile_json_u32(value, out) || find_word(vocabulary, json_string_value(value), out);
}

bool profile_words_mask(enum profile_vocabulary vocabulary, const json_t *value, uint32_t *out) {
    if (!json_is_array(value))
        return profile_words_one(vocabulary, value, out);
    uint32_t mask = 0;
    for (size_t i = 0; i < json_array_size(value); i++) {
        uint32_t bits = 0;
        if (profile_words_one(vocabulary, json_array_get(value, i), &bits))
            mask |= bits;
    }
    *out = mask;
    return true;
}
