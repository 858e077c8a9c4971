/* Vulkan's enumerators and flags, as numbers or by their names. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_PROFILE_WORDS_H
#define PERFADAPT_TOOLS_PROFILE_WORDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum profile_vocabulary {
    PROFILE_WORDS_DEVICE_TYPE,
    PROFILE_WORDS_DRIVER_ID,
    PROFILE_WORDS_QUEUE,
    PROFILE_WORDS_HEAP,
    PROFILE_WORDS_MEMORY,
};

#define PROFILE_QUEUE_GRAPHICS 1u
#define PROFILE_QUEUE_COMPUTE 2u

/*
 * One of them: 2, "2", "VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU", with or without its beginning, and with or without the
 * ending of an extension. False, *out left alone, where it is none.
 */
bool profile_words_one(enum profile_vocabulary vocabulary, const json_t *value, uint32_t *out);

/* Any number of them: a mask in any dress, one word, or a list; what is unknown in a list is left out. */
bool profile_words_mask(enum profile_vocabulary vocabulary, const json_t *value, uint32_t *out);

#endif
