/*
 * The devices that Vulkan's loader and the drivers behind it offer. SPDX-License-Identifier: MIT
 *
 * For a child process that ends right after, by _exit: a driver may crash, hang, print, call exit() or leave threads
 * behind, and nothing is torn down here, as that is one more thing that drivers die in. Which drivers and layers are
 * loaded is up to the environment: VK_DRIVER_FILES, VK_ICD_FILENAMES, VK_LOADER_LAYERS_DISABLE, NODEVICE_SELECT. It
 * gets VK_LOADER_DISABLE_SELECT from here.
 */
#ifndef PERFADAPT_PROBE_VULKAN_H
#define PERFADAPT_PROBE_VULKAN_H

#include <perfadapt/profile.h>

/* Beside VkResult, whose errors are negative; VK_ERROR_INCOMPATIBLE_DRIVER (-9) = no driver could be loaded. */
#define PROBE_VULKAN_NO_LOADER 100
#define PROBE_VULKAN_NOT_BUILT 101 /* this program was built without Vulkan's headers */

/*
 * 0; or a VkResult or one of the above, and then *out_count is 0. The reason in words: of a failure, or of a success
 * that is not all (no device, more devices than `capacity`); "" where there is nothing to say.
 */
int probe_vulkan_enumerate(struct perfadapt_device *out, size_t capacity, size_t *out_count, char *reason,
                           size_t reason_bytes);

/* The same with one loader by its name or path, in place of the usual names. */
int probe_vulkan_enumerate_by(const char *loader, struct perfadapt_device *out, size_t capacity, size_t *out_count,
                              char *reason, size_t reason_bytes);

#endif
