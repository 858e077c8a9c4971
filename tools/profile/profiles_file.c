/* SPDX-License-Identifier: MIT */
#include "profile/profiles_file.h"

#include "profile/facts.h"
#include "profile/json.h"

#include <string.h>

/*
 * "capabilities" has blocks of structs by their names, most often one called "device"; "profiles" says which profile
 * is made of which blocks, and has the label. The schema has no memory. vulkaninfo prints every property; what
 * gpuinfo.org exports lacks the device's name, number and type and the driver's number: the label has the name.
 */
static bool recognises(const json_t *document) {
    return json_is_object(json_object_get(document, "capabilities")) &&
           json_is_object(json_object_get(document, "profiles"));
}

/* ---- the profile ---- */

/* "NAME driver VERSION on SYSTEM", as both programs write it. */
static bool take_name_of_label(struct perfadapt_device *device, const json_t *label) {
    static const char behind[] = " driver ";
    char text[sizeof device->name];
    if (!profile_json_text(label, text, sizeof text))
        return false;
    char *end = NULL;
    for (char *at = text; (at = strstr(at, behind)); at++)
        end = at;
    if (end)
        *end = '\0';
    memcpy(device->name, text, strlen(text) + 1);
    return true;
}

/* "VP_GPUINFO_AMD_Radeon_RX_6600_…": better than no name. */
static void take_name_of_key(struct perfadapt_device *device, const char *key) {
    const char *behind = strncmp(key, "VP_", 3) == 0 ? strchr(key + 3, '_') : NULL;
    profile_json_clean(behind ? behind + 1 : key, device->name, sizeof device->name);
    for (char *at = device->name; *at; at++)
        *at = *at == '_' ? ' ' : *at;
}

static void take_profile(struct perfadapt_device *device, json_t *profiles) {
    void *first = json_object_iter(profiles);
    const json_t *profile = json_object_iter_value(first);
    const char *version = json_string_value(json_object_get(profile, "api-version"));
    if (!device->name[0] && !take_name_of_label(device, json_object_get(profile, "label")) && first)
        take_name_of_key(device, json_object_iter_key(first));
    if (!device->api_version && version)
        device->api_version = profile_facts_version(version);
}

/* ---- the blocks ---- */

/* More than one where a file was merged from several: each part is of the first that has it. */
struct parts {
    const json_t *properties; /* VkPhysicalDeviceProperties */
    json_t *extensions;
    const json_t *queues;
    const json_t *memory; /* beyond the schema */
    struct profile_members members;
};

static void keep(const json_t **part, const json_t *value) {
    if (!*part)
        *part = value;
}

static void collect(struct parts *parts, const json_t *block) {
    json_t *structs = json_object_get(block, "properties");
    keep(&parts->properties, json_object_get(structs, "VkPhysicalDeviceProperties"));
    keep(&parts->memory, json_object_get(structs, "VkPhysicalDeviceMemoryProperties"));
    if (!parts->extensions)
        parts->extensions = json_object_get(block, "extensions");
    keep(&parts->queues, json_object_get(block, "queueFamiliesProperties"));
    profile_members_of_structs(&parts->members, structs);
}

/* A profile that devices are measured by has limits and no device. */
static const char *read_report(json_t *document, struct perfadapt_device *device) {
    json_t *blocks = json_object_get(document, "capabilities");
    struct parts parts = {0};
    for (void *at = json_object_iter(blocks); at; at = json_object_iter_next(blocks, at))
        collect(&parts, json_object_iter_value(at));
    if (!profile_facts_identity(device, parts.properties))
        return "a Vulkan Profiles file that tells what devices must have, and describes none";
    take_profile(device, json_object_get(document, "profiles"));
    profile_facts_limits(device, json_object_get(parts.properties, "limits"));
    profile_facts_memory(device, parts.memory);
    profile_facts_queues(device, parts.queues);
    profile_facts_extensions(device, parts.extensions);
    profile_facts_members(device, &parts.members);
    return NULL;
}

const struct profile_reader profile_reader_profiles = {
    .name = "a Vulkan Profiles file", .recognises = recognises, .read = read_report};
