/* A device's facts, from JSON whose members are named as Vulkan's are. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_PROFILE_FACTS_H
#define PERFADAPT_TOOLS_PROFILE_FACTS_H

#include <jansson.h>
#include <perfadapt/profile.h>
#include <stdbool.h>

/*
 * The formats agree on what Vulkan calls a thing and differ in where they put it. What is missing or is nonsense stays
 * as it is. Anything may be given for a value: NULL, or what is no object or list, tells nothing.
 */

/*
 * Members of Vulkan's extending structs, which have one meaning each wherever they stand: a value that is there twice,
 * in an extension's struct and in the core's that took it up, is the same.
 */
#define PROFILE_MEMBER_MAP(X)                                                                                          \
    X(driverID)                                                                                                        \
    X(driverName)                                                                                                      \
    X(driverInfo)                                                                                                      \
    X(pciDomain)                                                                                                       \
    X(pciBus)                                                                                                          \
    X(pciDevice)                                                                                                       \
    X(pciFunction)                                                                                                     \
    X(subgroupSize)                                                                                                    \
    X(minSubgroupSize)                                                                                                 \
    X(maxSubgroupSize)                                                                                                 \
    X(activeComputeUnitCount)                                                                                          \
    X(shaderEngineCount)                                                                                               \
    X(shaderArraysPerEngineCount)                                                                                      \
    X(computeUnitsPerShaderArray)                                                                                      \
    X(simdPerComputeUnit)                                                                                              \
    X(wavefrontsPerSimd)                                                                                               \
    X(wavefrontSize)                                                                                                   \
    X(shaderSMCount)                                                                                                   \
    X(shaderCoreCount)                                                                                                 \
    X(shaderCoreMask)                                                                                                  \
    X(fmaRate)

enum profile_member {
#define PROFILE_MEMBER_ENUMERATOR(name) PROFILE_MEMBER_##name,
    PROFILE_MEMBER_MAP(PROFILE_MEMBER_ENUMERATOR)
#undef PROFILE_MEMBER_ENUMERATOR
        PROFILE_MEMBER_COUNT
};

/* What was found of them: borrowed values, NULL = not there. */
struct profile_members {
    const json_t *values[PROFILE_MEMBER_COUNT];
};

/* Collecting: the first that is there and not null stays. */
void profile_members_of_struct(struct profile_members *members, const json_t *structure); /* {member: value, ...} */
void profile_members_of_structs(struct profile_members *members, json_t *structs);        /* {name: struct, ...} */
void profile_members_of_list(struct profile_members *members, const json_t *list); /* [{name:, value:, ...}, ...] */

/* The driver, the address, the subgroups and the units. */
void profile_facts_members(struct perfadapt_device *device, const struct profile_members *members);

/* VkPhysicalDeviceProperties without its limits. False where it names no device at all. */
bool profile_facts_identity(struct perfadapt_device *device, const json_t *properties);

/* VkPhysicalDeviceLimits; arrays may be spread over "name[0]", "name[1]", ... */
void profile_facts_limits(struct perfadapt_device *device, const json_t *limits);

/* VkPhysicalDeviceMemoryProperties. */
void profile_facts_memory(struct perfadapt_device *device, const json_t *memory);

/* A list of VkQueueFamilyProperties; after profile_facts_limits, which knows the period. */
void profile_facts_queues(struct perfadapt_device *device, const json_t *queues);

/* {name: version, ...}, [{extensionName:, ...}, ...] or [name, ...]; an empty one tells nothing. Needs api_version. */
void profile_facts_extensions(struct perfadapt_device *device, json_t *extensions);

/* "1.3.255", packed as VK_MAKE_API_VERSION does; 0 where it is none. */
uint32_t profile_facts_version(const char *text);

#endif
