/* SPDX-License-Identifier: MIT */
#include "profile/gpuinfo.h"

#include "profile/facts.h"
#include "profile/json.h"

/*
 * Two shapes (source: VulkanCapsViewer's history). Report versions 1.0 to 1.3 have "deviceproperties", "devicelimits"
 * and "memoryproperties", with names in lower case, every number in a string and arrays as "name[0]". Those since have
 * Vulkan's names: "properties" with "limits", "memory", and what extensions tell in one list; core structs of 1.1 and
 * later came in 3.x.
 */
static const json_t *properties_of(const json_t *document) {
    return profile_json_either(document, "properties", "deviceproperties");
}

static bool recognises(const json_t *document) {
    const json_t *properties = properties_of(document);
    return profile_json_either(properties, "deviceName", "devicename") ||
           profile_json_either(properties, "vendorID", "vendorid");
}

static void collect(const json_t *document, struct profile_members *members) {
    static const char *const cores[] = {"core11", "core12", "core13", "core14"};
    profile_members_of_list(members, json_object_get(json_object_get(document, "extended"), "deviceproperties2"));
    for (size_t i = 0; i < sizeof cores / sizeof cores[0]; i++)
        profile_members_of_struct(members, json_object_get(json_object_get(document, cores[i]), "properties"));
    profile_members_of_struct(members, json_object_get(properties_of(document), "subgroupProperties"));
}

static const char *read_report(json_t *document, struct perfadapt_device *device) {
    struct profile_members members = {0};
    const json_t *properties = properties_of(document);
    const json_t *limits = json_object_get(properties, "limits");
    if (!profile_facts_identity(device, properties))
        return "neither a name nor a number of the device is in it";
    profile_facts_limits(device, limits ? limits : json_object_get(document, "devicelimits"));
    profile_facts_memory(device, profile_json_either(document, "memory", "memoryproperties"));
    profile_facts_queues(device, json_object_get(document, "queues"));
    profile_facts_extensions(device, json_object_get(document, "extensions"));
    collect(document, &members);
    profile_facts_members(device, &members);
    return NULL;
}

const struct profile_reader profile_reader_gpuinfo = {
    .name = "a report of vulkan.gpuinfo.org", .recognises = recognises, .read = read_report};
