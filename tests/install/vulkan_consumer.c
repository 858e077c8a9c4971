/* A host with a VkPhysicalDevice, as C11 and as C++17; linked to no Vulkan. SPDX-License-Identifier: MIT */
#define VK_NO_PROTOTYPES
#include <perfadapt/vulkan.h>

int main(void) {
    struct perfadapt_device device;
    const enum perfadapt_result result = perfadapt_device_from_vulkan(NULL, NULL, VK_API_VERSION_1_1, NULL, &device);
    return result == PERFADAPT_ERROR_INVALID ? 0 : 1;
}
