/* SPDX-License-Identifier: MIT */
#include "profile/vulkaninfo.h"

#include "profile/facts.h"
#include "profile/json.h"

/*
 * The format of the device simulation layer ("devsim"), until vulkaninfo 1.3.204 or so: Vulkan's structs by their names
 * at the top. gpuinfo.org exported it, too: with another name for the extensions, and its own list of properties
 * beside.
 */
static bool recognises(const json_t *document) {
    return json_is_object(json_object_get(document, "VkPhysicalDeviceProperties"));
}

static const char *read_report(json_t *document, struct perfadapt_device *device) {
    struct profile_members members = {0};
    const json_t *properties = json_object_get(document, "VkPhysicalDeviceProperties");
    if (!profile_facts_identity(device, properties))
        return "neither a name nor a number of the device is in it";
    profile_facts_limits(device, json_object_get(properties, "limits"));
    profile_facts_memory(device, json_object_get(document, "VkPhysicalDeviceMemoryProperties"));
    profile_facts_queues(device, json_object_get(document, "ArrayOfVkQueueFamilyProperties"));
    profile_facts_extensions(device, profile_json_either(document, "ArrayOfVkExtensionProperties",
                                                         "ArrayOfDeviceSystemVkExtensionProperties"));
    profile_members_of_structs(&members, document);
    profile_members_of_list(&members, json_object_get(json_object_get(document, "extended"), "deviceproperties2"));
    profile_facts_members(device, &members);
    return NULL;
}

const struct profile_reader profile_reader_vulkaninfo = {
    .name = "vulkaninfo --json", .recognises = recognises, .read = read_report};
