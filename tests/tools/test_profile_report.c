/* perfadapt profile --from: each format of reports, and what is none. SPDX-License-Identifier: MIT */
#include "profile/json.h"
#include "profile/mend.h"
#include "profile/report.h"
#include "profile/words.h"

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct perfadapt_device device;
static struct perfadapt_device expected;
static char reason[PROFILE_REASON_BYTES];

static int setup(void **state) {
    (void)state;
    memset(&device, 0xa5, sizeof device); /* nothing of before is to stay */
    memset(&expected, 0, sizeof expected);
    memset(reason, 0, sizeof reason);
    expected.size = sizeof expected;
    return 0;
}

/* Of a buffer of just its size, so that the sanitizer sees its end. */
static bool parse_bytes(const char *bytes, size_t length) {
    char *text = malloc(length + 1);
    assert_non_null(text);
    memcpy(text, bytes, length);
    text[length] = '\0';
    const bool understood = profile_report_parse(text, length, &device, reason);
    free(text);
    return understood;
}

/* With ' for ", which C wants escaped. */
static bool parse(const char *quoted) {
    char *text = strdup(quoted);
    assert_non_null(text);
    for (char *at = text; *at; at++)
        if (*at == '\'')
            *at = '"';
    const bool understood = parse_bytes(text, strlen(text));
    free(text);
    return understood;
}

static void assert_parsed(const char *quoted) {
    if (!parse(quoted))
        fail_msg("%s", reason);
}

static void assert_refused(const char *quoted, const char *why) {
    assert_false(parse(quoted));
    if (!strstr(reason, why))
        fail_msg("\"%s\" does not say \"%s\"", reason, why);
}

static void assert_same_memory(void) {
    assert_int_equal(device.heap_count, expected.heap_count);
    assert_int_equal(device.memory_type_count, expected.memory_type_count);
    for (size_t i = 0; i < PERFADAPT_HEAPS_MAX; i++) {
        assert_int_equal(device.heaps[i].bytes, expected.heaps[i].bytes);
        assert_int_equal(device.heaps[i].flags, expected.heaps[i].flags);
    }
    for (size_t i = 0; i < expected.memory_type_count; i++) {
        assert_int_equal(device.memory_types[i].flags, expected.memory_types[i].flags);
        assert_int_equal(device.memory_types[i].heap, expected.memory_types[i].heap);
    }
}

static void assert_same_limits(void) {
    assert_int_equal(device.timestamp_known, expected.timestamp_known);
    assert_int_equal(device.timestamp_valid_bits, expected.timestamp_valid_bits);
    assert_float_equal(device.timestamp_period_ns, expected.timestamp_period_ns, 1e-4F);
    assert_int_equal(device.subgroup_size, expected.subgroup_size);
    assert_int_equal(device.subgroup_size_min, expected.subgroup_size_min);
    assert_int_equal(device.subgroup_size_max, expected.subgroup_size_max);
    assert_int_equal(device.max_image_2d, expected.max_image_2d);
    assert_int_equal(device.max_workgroup_invocations, expected.max_workgroup_invocations);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(device.max_workgroup_size[i], expected.max_workgroup_size[i]);
    assert_int_equal(device.max_shared_memory_bytes, expected.max_shared_memory_bytes);
    assert_int_equal(device.max_allocations, expected.max_allocations);
    assert_int_equal(device.max_bound_sets, expected.max_bound_sets);
}

/* Every member. */
static void assert_as_expected(void) {
    assert_int_equal(device.size, expected.size);
    assert_int_equal(device.type, expected.type);
    assert_int_equal(device.vendor_id, expected.vendor_id);
    assert_int_equal(device.device_id, expected.device_id);
    assert_int_equal(device.api_version, expected.api_version);
    assert_int_equal(device.driver_id, expected.driver_id);
    assert_int_equal(device.driver_version, expected.driver_version);
    assert_string_equal(device.name, expected.name);
    assert_string_equal(device.driver_name, expected.driver_name);
    assert_string_equal(device.driver_info, expected.driver_info);
    assert_int_equal(device.pci.known, expected.pci.known);
    assert_int_equal(device.pci.domain, expected.pci.domain);
    assert_int_equal(device.pci.bus, expected.pci.bus);
    assert_int_equal(device.pci.device, expected.pci.device);
    assert_int_equal(device.pci.function, expected.pci.function);
    assert_same_memory();
    assert_int_equal(device.features, expected.features);
    assert_int_equal(device.features_known, expected.features_known);
    assert_same_limits();
    assert_int_equal(device.compute_units, expected.compute_units);
    assert_int_equal(device.lanes_per_unit, expected.lanes_per_unit);
    assert_int_equal(device.fma_per_unit_clock, expected.fma_per_unit_clock);
    assert_int_equal(device.clock_mhz, expected.clock_mhz);
    assert_int_equal(device.reserved, 0);
}

static void expect_text(char *out, const char *text) {
    memcpy(out, text, strlen(text) + 1);
}

/* ---- gpuinfo.org ---- */

/* The numbers that are the same in the fixtures below. */
static void expect_limits(void) {
    expected.max_image_2d = 16384;
    expected.max_workgroup_invocations = 1024;
    expected.max_workgroup_size[0] = 1024;
    expected.max_workgroup_size[1] = 512;
    expected.max_workgroup_size[2] = 64;
    expected.max_shared_memory_bytes = 65536;
    expected.max_allocations = UINT32_MAX;
    expected.max_bound_sets = 32;
    expected.timestamp_known = 1;
    expected.timestamp_valid_bits = 36;
    expected.timestamp_period_ns = 52.0833F;
}

static const char gpuinfo_4[] =
    "{'environment': {'reportversion': '4.0', 'name': 'ubuntu'},"
    " 'properties': {'apiVersion': 4210993, 'deviceID': 29695, 'deviceName': 'Card of AMD', 'deviceType': 2,"
    "   'driverVersion': 104857605, 'vendorID': 4098, 'limits': {'maxImageDimension2D': 16384,"
    "   'maxComputeWorkGroupInvocations': 1024, 'maxComputeWorkGroupSize': [1024, 512, 64],"
    "   'maxComputeSharedMemorySize': '0x10000', 'maxMemoryAllocationCount': 4294967295,"
    "   'maxBoundDescriptorSets': 32, 'timestampPeriod': 52.08333},"
    "   'subgroupProperties': {'subgroupSize': 64}},"
    " 'memory': {'memoryHeapCount': 2, 'memoryHeaps': [{'flags': 1, 'size': '0x1ff000000'},"
    "   {'flags': 0, 'size': '0x3cddc6000'}], 'memoryTypeCount': 2,"
    "   'memoryTypes': [{'heapIndex': 0, 'propertyFlags': 1}, {'heapIndex': 1, 'propertyFlags': 14}]},"
    " 'queues': [{'queueFlags': 4, 'timestampValidBits': 0}, {'queueFlags': 6, 'timestampValidBits': 64},"
    "   {'queueFlags': 15, 'timestampValidBits': 36}],"
    " 'extensions': [{'extensionName': 'VK_EXT_memory_budget', 'specVersion': 1},"
    "   {'extensionName': 'VK_KHR_calibrated_timestamps', 'specVersion': 1},"
    "   {'extensionName': 'VK_KHR_present_id2', 'specVersion': 1}],"
    " 'core13': {'properties': {'minSubgroupSize': 32, 'maxSubgroupSize': 64}},"
    " 'profiles': [{'profileName': 'VP_KHR_roadmap_2022'}],"
    " 'extended': {'devicefeatures2': [], 'deviceproperties2': ["
    "   {'extension': 'VK_KHR_driver_properties', 'name': 'driverID', 'value': '3'},"
    "   {'extension': 'VK_KHR_driver_properties', 'name': 'driverName', 'value': 'radv'},"
    "   {'extension': 'VK_KHR_driver_properties', 'name': 'driverInfo', 'value': 'Mesa 25.0.5'},"
    "   {'extension': 'VK_EXT_pci_bus_info', 'name': 'pciDomain', 'value': '1'},"
    "   {'extension': 'VK_EXT_pci_bus_info', 'name': 'pciBus', 'value': '102'},"
    "   {'extension': 'VK_EXT_pci_bus_info', 'name': 'pciDevice', 'value': '31'},"
    "   {'extension': 'VK_EXT_pci_bus_info', 'name': 'pciFunction', 'value': '7'},"
    "   {'extension': 'VK_AMD_shader_core_properties', 'name': 'shaderEngineCount', 'value': '2'},"
    "   {'extension': 'VK_AMD_shader_core_properties', 'name': 'shaderArraysPerEngineCount', 'value': '2'},"
    "   {'extension': 'VK_AMD_shader_core_properties', 'name': 'computeUnitsPerShaderArray', 'value': '8'},"
    "   {'extension': 'VK_AMD_shader_core_properties', 'name': 'simdPerComputeUnit', 'value': '2'},"
    "   {'extension': 'VK_AMD_shader_core_properties', 'name': 'wavefrontsPerSimd', 'value': '16'},"
    "   {'extension': 'VK_AMD_shader_core_properties', 'name': 'wavefrontSize', 'value': '64'},"
    "   {'extension': 'VK_AMD_shader_core_properties2', 'name': 'activeComputeUnitCount', 'value': '28'}]}}";

static void test_gpuinfo_4(void **state) {
    (void)state;
    assert_parsed(gpuinfo_4);
    expect_limits();
    expected.type = PERFADAPT_DEVICE_DISCRETE;
    expected.vendor_id = 0x1002;
    expected.device_id = 0x73ff;
    expected.api_version = 1u << 22 | 4u << 12 | 305;
    expected.driver_id = 3;
    expected.driver_version = 104857605;
    expect_text(expected.name, "Card of AMD");
    expect_text(expected.driver_name, "radv");
    expect_text(expected.driver_info, "Mesa 25.0.5");
    expected.pci = (struct perfadapt_pci_address){1, 1, 102, 31, 7};
    expected.heap_count = 2;
    expected.heaps[0] = (struct perfadapt_heap){.bytes = UINT64_C(0x1ff000000), .flags = 1};
    expected.heaps[1] = (struct perfadapt_heap){.bytes = UINT64_C(0x3cddc6000), .flags = 0};
    expected.memory_type_count = 2;
    expected.memory_types[0] = (struct perfadapt_memory_type){1, 0};
    expected.memory_types[1] = (struct perfadapt_memory_type){14, 1};
    expected.features = PERFADAPT_DEVICE_HAS_MEMORY_BUDGET | PERFADAPT_DEVICE_HAS_CALIBRATED_TIMESTAMPS |
                        PERFADAPT_DEVICE_HAS_PRESENT_ID | PERFADAPT_DEVICE_HAS_HOST_QUERY_RESET |
                        PERFADAPT_DEVICE_HAS_TIMELINE_SEMAPHORE | PERFADAPT_DEVICE_HAS_SUBGROUP_SIZE_CONTROL;
    expected.features_known = 1;
    expected.subgroup_size = 64;
    expected.subgroup_size_min = 32;
    expected.subgroup_size_max = 64;
    expected.compute_units = 28;
    expected.lanes_per_unit = 64;
    assert_as_expected();
}

/* Of 2016: names in lower case, strings throughout, arrays spread out, signed numbers. */
static void test_gpuinfo_1(void **state) {
    (void)state;
    assert_parsed(
        "{'environment': {'reportversion': '1.1', 'name': 'windows'},"
        " 'deviceproperties': {'apiversion': '1.0.14', 'devicename': 'Old Card', 'deviceid': '6918',"
        "   'devicetype': 'DISCRETE_GPU', 'driverversion': '368.69.0.0', 'driverversionraw': '-1902641152',"
        "   'vendorid': '4318', 'headerversion': '17'},"
        " 'devicelimits': {'maxImageDimension2D': '16384', 'maxComputeWorkGroupInvocations': '1024',"
        "   'maxComputeWorkGroupSize[0]': '1024', 'maxComputeWorkGroupSize[1]': '512',"
        "   'maxComputeWorkGroupSize[2]': '64', 'maxComputeSharedMemorySize': '65536',"
        "   'maxMemoryAllocationCount': '-1', 'maxBoundDescriptorSets': '32', 'timestampPeriod': '52.083332'},"
        " 'memoryproperties': {'memorytypecount': '1', 'memorytypes': [{'propertyflags': '1', 'heapindex': '0'}],"
        "   'memoryheapcount': '1', 'heaps': [{'flags': '1', 'size': '4211671040'}]},"
        " 'queues': [{'flags': '15', 'count': '16', 'timestampValidBits': '36'}],"
        " 'extensions': [{'extname': 'VK_KHR_swapchain', 'specversion': '68'}]}");
    expect_limits();
    expected.type = PERFADAPT_DEVICE_DISCRETE;
    expected.vendor_id = 0x10de;
    expected.device_id = 6918;
    expected.api_version = 1u << 22 | 14;
    expected.driver_version = 2392326144;
    expect_text(expected.name, "Old Card");
    expected.heap_count = 1;
    expected.heaps[0] = (struct perfadapt_heap){.bytes = 4211671040, .flags = 1};
    expected.memory_type_count = 1;
    expected.memory_types[0] = (struct perfadapt_memory_type){1, 0};
    expected.features_known = 1; /* none of them, and that is known */
    assert_as_expected();
}

/* ---- Vulkan Profiles ---- */

static void test_profiles_of_gpuinfo(void **state) {
    (void)state;
    assert_parsed(
        "{'$schema': 'https://schema.khronos.org/vulkan/profiles-0.8.1-255.json#',"
        " 'profiles': {'VP_GPUINFO_Some_GPU_1_2': {'version': 1, 'api-version': '1.3.255',"
        "   'label': 'Some driver GPU (X) driver 470.161.3.0 on Ubuntu 22.04', 'capabilities': ['device']}},"
        " 'capabilities': {'device': {'extensions': {'VK_EXT_device_fault': 1, 'VK_KHR_present_wait': 1},"
        "   'features': {'VkPhysicalDeviceFeatures': {'robustBufferAccess': true}},"
        "   'properties': {'VkPhysicalDeviceProperties': {'vendorID': 4318, 'apiVersion': 4202671,"
        "       'limits': {'maxImageDimension2D': 16384, 'maxComputeWorkGroupInvocations': 1024,"
        "       'maxComputeWorkGroupSize': [1024, 512, 64], 'maxComputeSharedMemorySize': 65536,"
        "       'maxMemoryAllocationCount': 4294967295, 'maxBoundDescriptorSets': 32, 'timestampPeriod': 52.08333}},"
        "     'VkPhysicalDeviceVulkan11Properties': {'subgroupSize': 32},"
        "     'VkPhysicalDeviceDriverPropertiesKHR': {'driverID': 'VK_DRIVER_ID_NVIDIA_PROPRIETARY_KHR',"
        "       'driverInfo': '470.161.03', 'driverName': 'NVIDIA'},"
        "     'VkPhysicalDevicePCIBusInfoPropertiesEXT': {'pciBus': 1, 'pciDevice': 0, 'pciDomain': 0,"
        "       'pciFunction': 0},"
        "     'VkPhysicalDeviceSubgroupSizeControlPropertiesEXT': {'minSubgroupSize': 32, 'maxSubgroupSize': 32},"
        "     'VkPhysicalDeviceShaderSMBuiltinsPropertiesNV': {'shaderSMCount': 5, 'shaderWarpsPerSM': 64}},"
        "   'queueFamiliesProperties': [{'VkQueueFamilyProperties': {'queueFlags': ['VK_QUEUE_TRANSFER_BIT'],"
        "       'timestampValidBits': 1}}, {'VkQueueFamilyProperties': {'queueFlags': ['VK_QUEUE_GRAPHICS_BIT',"
        "       'VK_QUEUE_COMPUTE_BIT', 'VK_QUEUE_NEWEST_BIT_KHR'], 'timestampValidBits': 36}}]}}}");
    expect_limits();
    expected.vendor_id = 0x10de;
    expected.api_version = 1u << 22 | 2u << 12 | 175;
    expected.driver_id = 4;
    expect_text(expected.name, "Some driver GPU (X)");
    expect_text(expected.driver_name, "NVIDIA");
    expect_text(expected.driver_info, "470.161.03");
    expected.pci = (struct perfadapt_pci_address){1, 0, 1, 0, 0};
    expected.features = PERFADAPT_DEVICE_HAS_DEVICE_FAULT | PERFADAPT_DEVICE_HAS_PRESENT_WAIT |
                        PERFADAPT_DEVICE_HAS_HOST_QUERY_RESET | PERFADAPT_DEVICE_HAS_TIMELINE_SEMAPHORE;
    expected.features_known = 1;
    expected.subgroup_size = expected.subgroup_size_min = expected.subgroup_size_max = 32;
    expected.compute_units = 5;
    assert_as_expected();
}

/* As vulkaninfo prints it: all properties, flags as words, one struct by its core name. */
static void test_profiles_of_vulkaninfo(void **state) {
    (void)state;
    assert_parsed(
        "{'$schema': 'https://schema.khronos.org/vulkan/profiles-0.8-latest.json',"
        " 'capabilities': {'device': {'extensions': {}, 'features': {}, 'properties': {"
        "     'VkPhysicalDeviceProperties': {'apiVersion': 4206822, 'deviceID': 0,"
        "       'deviceName': 'llvmpipe (LLVM 15.0.6, 256 bits)', 'deviceType': 'VK_PHYSICAL_DEVICE_TYPE_CPU',"
        "       'driverVersion': 1, 'vendorID': 65541, 'limits': {}},"
        "     'VkPhysicalDeviceDriverProperties': {'driverID': 'VK_DRIVER_ID_MESA_LLVMPIPE',"
        "       'driverName': 'llvmpipe', 'driverInfo': 'Mesa 22.3.6 (LLVM 15.0.6)'},"
        "     'VkPhysicalDeviceMemoryProperties': {'memoryHeaps': [{'size': 18446744073709551615,"
        "       'flags': ['VK_MEMORY_HEAP_DEVICE_LOCAL_BIT', 'VK_MEMORY_HEAP_MULTI_INSTANCE_BIT_KHR']}],"
        "       'memoryTypes': [{'heapIndex': 0, 'propertyFlags': ['VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT',"
        "       'MEMORY_PROPERTY_LAZILY_ALLOCATED_BIT', 'VK_MEMORY_PROPERTY_DEVICE_UNCACHED_BIT_AMD']}]}},"
        "   'queueFamiliesProperties': []}},"
        " 'profiles': {'VP_VULKANINFO_llvmpipe': {'api-version': '1.3.230', 'label': 'other driver 0.0.1'}}}");
    expected.type = PERFADAPT_DEVICE_CPU;
    expected.vendor_id = 0x10005;
    expected.api_version = 1u << 22 | 3u << 12 | 230;
    expected.driver_id = 13;
    expected.driver_version = 1;
    expect_text(expected.name, "llvmpipe (LLVM 15.0.6, 256 bits)");
    expect_text(expected.driver_name, "llvmpipe");
    expect_text(expected.driver_info, "Mesa 22.3.6 (LLVM 15.0.6)");
    expected.heap_count = 1;
    expected.heaps[0] = (struct perfadapt_heap){.bytes = UINT64_MAX, .flags = 3};
    expected.memory_type_count = 1;
    expected.memory_types[0] = (struct perfadapt_memory_type){0x91, 0};
    assert_as_expected();
}

#define BLOCK_OF_VENDOR "'capabilities': {'a': {'properties': {'VkPhysicalDeviceProperties': {'vendorID': 1}}}}"

static void test_profiles_name(void **state) {
    (void)state;
    assert_parsed("{'profiles': {'X': {'label': 'A GPU'}}," BLOCK_OF_VENDOR "}");
    assert_string_equal(device.name, "A GPU");
    assert_parsed("{'profiles': {'VP_GPUINFO_A_GPU_1': {}}," BLOCK_OF_VENDOR "}");
    assert_string_equal(device.name, "A GPU 1");
    assert_parsed("{'profiles': {'a\\u007fb\\u009bc\\u001b': {}}," BLOCK_OF_VENDOR "}");
    assert_string_equal(device.name, "a b  c");
    assert_parsed("{'profiles': {}," BLOCK_OF_VENDOR "}");
    assert_string_equal(device.name, "");
    assert_parsed("{'profiles': {'X': {'label': ' driver 1 on Arch', 'api-version': '1.2.3'}}," BLOCK_OF_VENDOR "}");
    assert_int_equal(device.api_version, 1u << 22 | 2u << 12 | 3);
}

/* Merged from several files: what the first block lacks is in the second. */
static void test_profiles_of_blocks(void **state) {
    (void)state;
    assert_parsed("{'profiles': {'X': {'label': 'A GPU'}}, 'capabilities': {"
                  " 'one': {'properties': {'VkPhysicalDeviceShaderSMBuiltinsPropertiesNV': {'shaderSMCount': 7}}},"
                  " 'two': {'properties': {'VkPhysicalDeviceProperties': {'vendorID': 4318, 'deviceType': 2}},"
                  "         'extensions': {'VK_EXT_memory_priority': 1}}}}");
    assert_int_equal(device.compute_units, 7);
    assert_int_equal(device.type, PERFADAPT_DEVICE_DISCRETE);
    assert_int_equal(device.features, PERFADAPT_DEVICE_HAS_MEMORY_PRIORITY);
}

static void test_profiles_without_device(void **state) {
    (void)state;
    assert_refused("{'$schema': 'https://schema.khronos.org/vulkan/profiles-0.8-latest.json#',"
                   " 'profiles': {'VP_KHR_roadmap_2022': {'label': 'Roadmap'}}, 'capabilities': {'baseline': {"
                   " 'properties': {'VkPhysicalDeviceProperties': {'limits': {'maxImageDimension1D': 8192}}}}}}",
                   "describes none");
    assert_refused("{'profiles': {}, 'capabilities': {}}", "describes none");
    assert_refused("{'profiles': {}, 'capabilities': {'device': 3}}", "describes none");
}

/* ---- vulkaninfo before Vulkan Profiles ---- */

#define OLD_VULKANINFO(extensions)                                                                                     \
    "{'$schema': 'https://schema.khronos.org/vulkan/devsim_1_0_0.json#',"                                              \
    " 'comments': {'desc': 'JSON configuration file describing GPU 0.', 'vulkanApiVersion': '1.1.101'},"               \
    " 'VkPhysicalDeviceProperties': {'apiVersion': 4198501, 'driverVersion': 75522051, 'vendorID': 5045,"              \
    "   'deviceID': 1879113728, 'deviceType': 1, 'deviceName': 'Mali-G72', 'limits': {"                                \
    "   'maxImageDimension2D': 16384, 'maxComputeWorkGroupInvocations': 1024,"                                         \
    "   'maxComputeWorkGroupSize': [1024, 512, 64], 'maxComputeSharedMemorySize': 65536,"                              \
    "   'maxMemoryAllocationCount': 4294967295, 'maxBoundDescriptorSets': 32, 'timestampPeriod': 52.08333}},"          \
    " 'VkPhysicalDeviceSubgroupProperties': {'subgroupSize': 4},"                                                      \
    " 'VkPhysicalDeviceShaderCorePropertiesARM': {'pixelRate': 2, 'texelRate': 4, 'fmaRate': 32},"                     \
    " 'VkPhysicalDeviceShaderCoreBuiltinsPropertiesARM': {'shaderCoreMask': 4503608217305089},"                        \
    " 'ArrayOfVkQueueFamilyProperties': [{'queueCount': 1, 'queueFlags': 7, 'timestampValidBits': 36}],"               \
    " '" extensions "': [{'extensionName': 'VK_EXT_memory_budget', 'specVersion': 1}],"                                \
    " 'VkPhysicalDeviceMemoryProperties': {'memoryHeaps': [{'flags': 1, 'size': 33544609792}],"                        \
    "   'memoryTypes': [{'heapIndex': 0, 'propertyFlags': 15}, {'heapIndex': 0, 'propertyFlags': 17}]},"               \
    " 'ArrayOfVkFormatProperties': []}"

static void expect_old_vulkaninfo(void) {
    expect_limits();
    expected.type = PERFADAPT_DEVICE_INTEGRATED;
    expected.vendor_id = 0x13b5;
    expected.device_id = 1879113728;
    expected.api_version = 1u << 22 | 1u << 12 | 101;
    expected.driver_version = 75522051;
    expect_text(expected.name, "Mali-G72");
    expected.heap_count = 1;
    expected.heaps[0] = (struct perfadapt_heap){.bytes = UINT64_C(33544609792), .flags = 1};
    expected.memory_type_count = 2;
    expected.memory_types[0] = (struct perfadapt_memory_type){15, 0};
    expected.memory_types[1] = (struct perfadapt_memory_type){17, 0};
    expected.features = PERFADAPT_DEVICE_HAS_MEMORY_BUDGET;
    expected.features_known = 1;
    expected.subgroup_size = 4;
    expected.compute_units = 3; /* bits 0, 33 and 52 */
    expected.fma_per_unit_clock = 32;
}

static void test_old_vulkaninfo(void **state) {
    (void)state;
    assert_parsed(OLD_VULKANINFO("ArrayOfVkExtensionProperties"));
    expect_old_vulkaninfo();
    assert_as_expected();
}

/* As gpuinfo.org exported it. */
static void test_old_export(void **state) {
    (void)state;
    assert_parsed(OLD_VULKANINFO("ArrayOfDeviceSystemVkExtensionProperties"));
    assert_int_equal(device.features, PERFADAPT_DEVICE_HAS_MEMORY_BUDGET);
    assert_int_equal(device.features_known, 1);
}

/* ---- facts that are missing or nonsense ---- */

#define WITH(rest) "{'properties': {'vendorID': 4098, 'limits': {'timestampPeriod': 1}}" rest "}"

static void test_nothing_known(void **state) {
    (void)state;
    assert_parsed("{'properties': {'deviceName': 'X'}}");
    expect_text(expected.name, "X");
    assert_as_expected();
    assert_parsed(
        "{'properties': {'vendorID': 4098, 'deviceName': 7, 'deviceType': 9, 'apiVersion': {}, 'deviceID': 1e12,"
        " 'driverVersion': '12x', 'limits': [], 'subgroupProperties': 1}, 'memory': [], 'queues': {},"
        " 'extensions': 3, 'extended': {'deviceproperties2': {'name': 'driverID'}}, 'core11': null}");
    memset(expected.name, 0, sizeof expected.name);
    expected.vendor_id = 4098;
    expected.type = 9; /* the judge says that it is none */
    assert_as_expected();
}

static void test_identity_dress(void **state) {
    (void)state;
    assert_parsed("{'properties': {'vendorID': '0x1002', 'deviceID': -1102585901, 'deviceType': '1',"
                  " 'apiVersion': '4210993', 'driverVersion': -1, 'deviceName': '  Two\\n lines\\u0000cut  '}}");
    assert_int_equal(device.vendor_id, 0x1002);
    assert_int_equal(device.device_id, 3192381395);
    assert_int_equal(device.type, PERFADAPT_DEVICE_INTEGRATED);
    assert_int_equal(device.api_version, 4210993);
    assert_int_equal(device.driver_version, UINT32_MAX);
    assert_string_equal(device.name, "Two  lines");
}

static void test_heaps(void **state) {
    (void)state;
    assert_parsed(WITH(", 'memory': {'memoryHeaps': [{'size': -1, 'flags': 1}, {'size': '0xffffffffffffffff'},"
                       " {'size': '99999999999999999999'}, {'size': '12 MiB'}, 3, {'size': 1.5}, {'size': '4096'}],"
                       " 'memoryTypes': [{'heapIndex': 7, 'propertyFlags': 1}, {'heapIndex': -1, 'propertyFlags': 1},"
                       " {'heapIndex': 6}, {'heapIndex': 6, 'propertyFlags': 2}, null]}"));
    static const uint64_t sizes[] = {0, UINT64_MAX, 0, 0, 0, 0, 4096};
    assert_int_equal(device.heap_count, 7);
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(device.heaps[i].bytes, sizes[i]);
    assert_int_equal(device.memory_type_count, 1);
    assert_int_equal(device.memory_types[0].heap, 6);
    assert_int_equal(device.memory_types[0].flags, 2);
}

static void test_more_than_fits(void **state) {
    (void)state;
    char text[16384] = "{'properties': {'vendorID': 1}, 'memory': {'memoryHeaps': [";
    for (unsigned i = 0; i < 40; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s{'size': %u, 'flags': 1}", i ? "," : "", i + 1);
    strcat(text, "], 'memoryTypes': [");
    for (unsigned i = 0; i < 80; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s{'heapIndex': 15, 'propertyFlags': %u}",
                 i ? "," : "", i);
    strcat(text, "]}}");
    assert_parsed(text);
    assert_int_equal(device.heap_count, PERFADAPT_HEAPS_MAX);
    assert_int_equal(device.heaps[15].bytes, 16);
    assert_int_equal(device.memory_type_count, PERFADAPT_MEMORY_TYPES_MAX);
    assert_int_equal(device.memory_types[31].flags, 31);
}

/* Cut, and cut between characters. */
static void test_long_names(void **state) {
    (void)state;
    char text[1024] = "{'properties': {'deviceName': '";
    const size_t start = strlen(text);
    memset(text + start, 'x', 254);
    strcat(text, "\xc3\xa9\xc3\xa9 and more'}}");
    assert_parsed(text);
    assert_int_equal(strlen(device.name), 254);
    assert_int_equal(device.name[253], 'x');
}

static void test_timestamps(void **state) {
    (void)state;
    static const struct {
        const char *period, *queues;
        uint32_t known, bits;
        float period_ns;
    } cases[] = {
        {"1", "[{'queueFlags': 1, 'timestampValidBits': 64}]", 1, 64, 1},
        {"0", "[{'queueFlags': 1, 'timestampValidBits': 0}]", 1, 0, 0},                /* that is known */
        {"-1", "[{'queueFlags': 1, 'timestampValidBits': 64}]", 1, 64, 0},             /* no period */
        {"1e30", "[{'queueFlags': 1, 'timestampValidBits': 64}]", 1, 64, 0},           /* likewise */
        {"'fast'", "[{'queueFlags': 1, 'timestampValidBits': 64}]", 0, 0, 0},          /* not known */
        {"nan", "[{'queueFlags': 1, 'timestampValidBits': 64}]", 0, 0, 0},             /* likewise */
        {"1", "[{'queueFlags': 1, 'timestampValidBits': 4000}]", 1, 0, 1},             /* no bits */
        {"1", "[{'queueFlags': 1}]", 0, 0, 1},                                         /* not known */
        {"1", "[]", 0, 0, 1},                                                          /* likewise */
        {"1", "[{'queueFlags': 8, 'timestampValidBits': 64}]", 0, 0, 1},               /* nothing renders */
        {"1", "[5, {'queueFlags': 2, 'timestampValidBits': 30}]", 1, 30, 1},           /* computes at least */
        {"1", "[{'queueFlags': 'GRAPHICS', 'timestampValidBits': '0x20'}]", 1, 32, 1}, /* in words */
        {"1", "[{'queueFlags': ['x', 2, 'queue_compute'], 'timestampValidBits': 9}]", 1, 9, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[512];
        snprintf(text, sizeof text, "{'properties': {'vendorID': 1, 'limits': {'timestampPeriod': %s}}, 'queues': %s}",
                 cases[i].period, cases[i].queues);
        assert_parsed(text);
        assert_int_equal(device.timestamp_known, cases[i].known);
        assert_int_equal(device.timestamp_valid_bits, cases[i].bits);
        assert_float_equal(device.timestamp_period_ns, cases[i].period_ns, 1e-6F);
    }
}

static void test_units(void **state) {
    (void)state;
    static const struct {
        const char *properties;
        uint32_t units, lanes, rate;
    } cases[] = {
        /* GCN: four SIMDs of 16. The count of those that are on is missing or 0. */
        {"{'name': 'shaderEngineCount', 'value': '4'}, {'name': 'shaderArraysPerEngineCount', 'value': '1'},"
         "{'name': 'computeUnitsPerShaderArray', 'value': '9'}, {'name': 'simdPerComputeUnit', 'value': '4'},"
         "{'name': 'wavefrontsPerSimd', 'value': '10'}, {'name': 'wavefrontSize', 'value': '64'},"
         "{'name': 'activeComputeUnitCount', 'value': '0'}",
         36, 64, 0},
        /* RDNA whose driver counts work-group processors. */
        {"{'name': 'activeComputeUnitCount', 'value': 20}, {'name': 'simdPerComputeUnit', 'value': 4},"
         "{'name': 'wavefrontsPerSimd', 'value': 20}, {'name': 'wavefrontSize', 'value': 32}",
         20, 128, 0},
        /* A product beyond all numbers, negative ones. */
        {"{'name': 'shaderEngineCount', 'value': 4294967295}, {'name': 'computeUnitsPerShaderArray', 'value': 1e9},"
         "{'name': 'shaderArraysPerEngineCount', 'value': 1000000}, {'name': 'simdPerComputeUnit', 'value': "
         "4294967295}",
         0, 0, 0},
        {"{'name': 'activeComputeUnitCount', 'value': '-5'}, {'name': 'simdPerComputeUnit', 'value': '-1'}", 0, 0, 0},
        {"{'name': 'shaderSMCount', 'value': '128'}, {'name': 'shaderWarpsPerSM', 'value': '48'}", 128, 0, 0},
        {"{'name': 'shaderCoreCount', 'value': '11'}, {'name': 'shaderCoreMask', 'value': '3'},"
         "{'name': 'fmaRate', 'value': '128'}",
         11, 0, 128},
        {"{'name': 'shaderCoreMask', 'value': '18446744073709551615'}", 64, 0, 0},
        {"{'name': 'fmaRate', 'value': null}, {'name': 'fmaRate', 'value': 64}, {'name': 'fmaRate', 'value': 32}", 0, 0,
         64},
        {"1, null, {}, {'name': 3}, {'name': 'shaderSMCount'}", 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[1024];
        snprintf(text, sizeof text, "{'properties': {'vendorID': 1}, 'extended': {'deviceproperties2': [%s]}}",
                 cases[i].properties);
        assert_parsed(text);
        assert_int_equal(device.compute_units, cases[i].units);
        assert_int_equal(device.lanes_per_unit, cases[i].lanes);
        assert_int_equal(device.fma_per_unit_clock, cases[i].rate);
    }
}

/* Bus 0 is an address: one that is there by half is none. */
static void test_pci(void **state) {
    (void)state;
    static const struct {
        const char *values;
        uint32_t known;
    } cases[] = {
        {"'pciDomain': 0, 'pciBus': 0, 'pciDevice': 2, 'pciFunction': 0", 1},
        {"'pciDomain': 65536, 'pciBus': 255, 'pciDevice': 31, 'pciFunction': 7", 1},
        {"'pciDomain': 0, 'pciDevice': 2, 'pciFunction': 0", 0},
        {"'pciDomain': 0, 'pciBus': 256, 'pciDevice': 2, 'pciFunction': 0", 0},
        {"'pciDomain': 0, 'pciBus': 4294967295, 'pciDevice': 4294967295, 'pciFunction': 4294967295", 0},
        {"'pciDomain': 0, 'pciBus': 1, 'pciDevice': 32, 'pciFunction': 0", 0},
        {"'pciDomain': 0, 'pciBus': 1, 'pciDevice': 1, 'pciFunction': 8", 0},
        {"'pciDomain': -1, 'pciBus': 1, 'pciDevice': 1, 'pciFunction': 0", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[512];
        snprintf(text, sizeof text, "{'VkPhysicalDeviceProperties': {'vendorID': 1}, 'X': {%s}}", cases[i].values);
        assert_parsed(text);
        assert_int_equal(device.pci.known, cases[i].known);
        assert_int_equal(device.pci.device, cases[i].known ? (i == 0 ? 2 : 31) : 0);
    }
}

static void test_extensions(void **state) {
    (void)state;
    assert_parsed(WITH(", 'extensions': ['VK_KHR_global_priority', 'VK_KHR_present_wait2', 4, {'x': 1}]"));
    assert_int_equal(device.features, PERFADAPT_DEVICE_HAS_GLOBAL_PRIORITY | PERFADAPT_DEVICE_HAS_PRESENT_WAIT);
    assert_int_equal(device.features_known, 1);
    assert_parsed("{'properties': {'vendorID': 1, 'apiVersion': 4210993}, 'extensions': []}");
    assert_int_equal(device.features_known, 0);
    assert_int_equal(device.features, 0); /* not the core's either: the two go together */
}

/* ---- what is no report ---- */

static void test_refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "empty; `vulkaninfo --json` writes a file of its own"},
        {" \r\n\t ", "empty"},
        {"\xef\xbb\xbf \n", "empty"},
        {"{'properties': {'vendorID': 4098,\n 'deviceID'", "line 2, column 11"},
        {"{'properties': {'vendorID': 4098", "cut short? Get the report again"},
        {"{'properties': {'deviceName': 'NVI", "cut short? Get the report again"},
        {"{'properties': {'deviceName'", "cut short? Get the report again"},
        {"{'a' 1}", "not JSON: line 1, column 6"},
        {"GPU0:\n\tapiVersion = 1.3.289\n", "of vulkaninfo's output, only that of --json is read"},
        {"==========\nVULKANINFO\n==========\n", "of vulkaninfo's output, only that of --json is read"},
        {"<html>", "not JSON"},
        {"{'a': '\\ud800'}", "not JSON"},
        {"{} {}", "A report describes one device"},
        {"[{'properties': {'vendorID': 4098}}]", "one device each"},
        {"[]", "a JSON value of another kind"},
        {"17", "a JSON value of another kind"},
        {"null", "a JSON value of another kind"},
        {"{}", "JSON of another kind"},
        {"{'properties': {}}", "vulkan.gpuinfo.org"},
        {"{'properties': [1]}", "vulkaninfo --json"},
        {"{'devices': [{'properties': {'deviceName': 'X'}}]}", "a Vulkan Profiles file"},
        {"{'schema': 'perfadapt.sensors/1', 'sensors': []}", "of another kind"},
        {"{'VkPhysicalDeviceProperties': {}}", "neither a name nor a number"},
        {"{'properties': {'vendorID': 'ATI', 'deviceName': ''}}", "neither a name nor a number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_refused(cases[i].text, cases[i].why);
}

static void test_refused_bytes(void **state) {
    (void)state;
    static const char utf16[] = "\xff\xfe{\0}\0";
    static const char zeros[16];
    assert_false(parse_bytes(utf16, sizeof utf16 - 1));
    assert_non_null(strstr(reason, "UTF-16"));
    assert_false(parse_bytes("{\0}\0", 4));
    assert_non_null(strstr(reason, "UTF-16"));
    assert_false(parse_bytes(zeros, sizeof zeros));
    assert_false(parse_bytes("{", 1));
    assert_false(parse_bytes("{\"a\":\0}", 7));
    assert_non_null(strstr(reason, "not JSON"));
}

/* A message goes to a terminal. */
static void test_reason_is_printable(void **state) {
    (void)state;
    assert_false(parse_bytes("{\"a\": \x1b[31m\xff\xc2\x9b", 12));
    for (const char *at = reason; *at; at++)
        assert_in_range(*at, ' ', '~');
}

static void test_deep(void **state) {
    (void)state;
    const size_t depth = 1000000;
    char *text = malloc(depth);
    assert_non_null(text);
    memset(text, '[', depth);
    assert_false(parse_bytes(text, depth));
    assert_non_null(strstr(reason, "depth"));
    free(text);
}

static void test_million_keys(void **state) {
    (void)state;
    const size_t capacity = 14000000;
    char *text = malloc(capacity);
    assert_non_null(text);
    size_t length = (size_t)sprintf(text, "{\"VkPhysicalDeviceProperties\":{\"deviceName\":\"X\"}");
    for (unsigned i = 0; i < 1000000; i++)
        length += (size_t)sprintf(text + length, ",\"%u\":0", i);
    text[length++] = '}';
    assert_true(length < capacity);
    assert_true(parse_bytes(text, length));
    assert_string_equal(device.name, "X");
    free(text);
}

/* ---- what is mended ---- */

static void test_mend(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"{'a': nan, 'b': -nan(ind), 'c': Infinity}", "{'a': '' , 'b': ''       , 'c': ''      }"},
        {"[inf,-inf,1.#INF,-1.#IND,NaN]", "['' ,''  ,''    ,''     ,'' ]"},
        {"[1e999,-1e999,1e308,0x10]", "[''   ,''    ,1e308,0x10]"},
        {"[true,false,null,-1.5e-3,0]", "[true,false,null,-1.5e-3,0]"},
        {"{'nan': 'inf \\' nan', 'x\\\\': nan}", "{'nan': 'inf \\' nan', 'x\\\\': '' }"},
        {"['a\nb\tc\x01']", "['a b c ']"},
        {"['\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80']", "['\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80']"},
        {"['\xff\xc3\x28\xe2\x82\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80']", "['?\?(?\?\?\?\?\?\?\?\?\?\?']"},
        {"['open", "['open"},
        {"['\\", "['\\"},
        {"['\xe2\x82", "['??"},
        {"\xff nan", "\xff '' "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = strdup(cases[i][0]);
        char *right = strdup(cases[i][1]);
        assert_true(text && right);
        for (char *at = text; *at; at++)
            *at = *at == '\'' ? '"' : *at;
        for (char *at = right; *at; at++)
            *at = *at == '\'' ? '"' : *at;
        profile_mend(text, strlen(text));
        assert_string_equal(text, right);
        free(text);
        free(right);
    }
}

/* One wrong byte, one line break, one nan and one number beyond all doubles cost a fact each, and nothing else. */
static void test_mended_report(void **state) {
    (void)state;
    char digits[600];
    char text[1200];
    memset(digits, '9', sizeof digits - 1);
    digits[sizeof digits - 1] = '\0';
    snprintf(text, sizeof text,
             "\xef\xbb\xbf{'properties': {'deviceName': 'A\xff' , 'vendorID': 4098, 'deviceID': %s, 'limits':"
             " {'maxSamplerLodBias': inf, 'maxImageDimension2D': 1e999, 'maxBoundDescriptorSets': 8}},"
             " 'core12': {'properties': {'driverInfo': 'two\nlines'}}}",
             digits);
    assert_parsed(text);
    assert_string_equal(device.name, "A?");
    assert_string_equal(device.driver_info, "two lines");
    assert_int_equal(device.device_id, 0);
    assert_int_equal(device.max_image_2d, 0);
    assert_int_equal(device.max_bound_sets, 8);
}

/* What a terminal would obey. */
static void test_controls_in_names(void **state) {
    (void)state;
    assert_parsed("{'properties': {'deviceName': 'a\\u001b[31mb\\u009bc\\u007fd\\u00a0e'}}");
    assert_string_equal(device.name, "a [31mb  c d\xc2\xa0"
                                     "e");
}

/* ---- single values ---- */

static json_t *value_of(const char *text) {
    json_t *value = json_loads(text, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, NULL);
    assert_non_null(value);
    return value;
}

static void test_numbers(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t u64;
        uint32_t wrapped;
        bool is_u64, is_u32, is_wrapped;
    } cases[] = {
        {"0", 0, 0, true, true, true},
        {"-0.0", 0, 0, true, true, true},
        {"4294967295", UINT32_MAX, UINT32_MAX, true, true, true},
        {"4294967296", UINT64_C(1) << 32, 0, true, false, false},
        {"9007199254740993", UINT64_C(9007199254740992), 0, true, false, false}, /* what a double holds of it */
        {"18446744073709551615", UINT64_MAX, 0, true, false, false},
        {"18446744073709559999", 0, 0, false, false, false},
        {"1.5", 0, 0, false, false, false},
        {"-1", 0, UINT32_MAX, false, false, true},
        {"-2147483648", 0, 0x80000000, false, false, true},
        {"-2147483649", 0, 0, false, false, false},
        {"\"-2147483648\"", 0, 0x80000000, false, false, true},
        {"\"0xFFFFFFFFFFFFFFFF\"", UINT64_MAX, 0, true, false, false},
        {"\"9007199254740993\"", UINT64_C(9007199254740993), 0, true, false, false},
        {"\"0x10000000000000000\"", 0, 0, false, false, false},
        {"\" 12 \"", 12, 12, true, true, true},
        {"\"010\"", 10, 10, true, true, true}, /* not octal */
        {"\"40.0\"", 40, 40, true, true, true},
        {"\"0x\"", 0, 0, false, false, false},
        {"\"--1\"", 0, 0, false, false, false},
        {"\"- 1\"", 0, 0, false, false, false},
        {"\"12a\"", 0, 0, false, false, false},
        {"\"\"", 0, 0, false, false, false},
        {"\"inf\"", 0, 0, false, false, false},
        {"\"nan\"", 0, 0, false, false, false},
        {"true", 1, 1, true, true, true},
        {"false", 0, 0, true, true, true},
        {"null", 0, 0, false, false, false},
        {"[1]", 0, 0, false, false, false},
        {"{}", 0, 0, false, false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *value = value_of(cases[i].text);
        uint64_t u64 = 77;
        uint32_t u32 = 77;
        uint32_t wrapped = 77;
        assert_int_equal(profile_json_u64(value, &u64), cases[i].is_u64);
        assert_int_equal(u64, cases[i].is_u64 ? cases[i].u64 : 77);
        assert_int_equal(profile_json_u32(value, &u32), cases[i].is_u32);
        assert_int_equal(u32, cases[i].is_u32 ? (uint32_t)cases[i].u64 : 77);
        assert_int_equal(profile_json_u32_wrapped(value, &wrapped), cases[i].is_wrapped);
        assert_int_equal(wrapped, cases[i].is_wrapped ? cases[i].wrapped : 77);
        json_decref(value);
    }
    uint32_t none;
    assert_false(profile_json_u32(NULL, &none));
}

static void test_words(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum profile_vocabulary vocabulary;
        int number; /* -1: none */
    } cases[] = {
        {"\"VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU\"", PROFILE_WORDS_DEVICE_TYPE, 2},
        {"\"PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU\"", PROFILE_WORDS_DEVICE_TYPE, 1},
        {"\"VIRTUAL_GPU\"", PROFILE_WORDS_DEVICE_TYPE, 3},
        {"\"cpu\"", PROFILE_WORDS_DEVICE_TYPE, 4},
        {"\"OTHER\"", PROFILE_WORDS_DEVICE_TYPE, 0},
        {"\"2\"", PROFILE_WORDS_DEVICE_TYPE, 2},
        {"2", PROFILE_WORDS_DEVICE_TYPE, 2},
        {"\"CPUS\"", PROFILE_WORDS_DEVICE_TYPE, -1},
        {"\"\"", PROFILE_WORDS_DEVICE_TYPE, -1},
        {"\"VK_PHYSICAL_DEVICE_TYPE_\"", PROFILE_WORDS_DEVICE_TYPE, -1},
        {"[2]", PROFILE_WORDS_DEVICE_TYPE, -1},
        {"\"VK_DRIVER_ID_AMD_PROPRIETARY_KHR\"", PROFILE_WORDS_DRIVER_ID, 1},
        {"\"VK_DRIVER_ID_AMD_OPEN_SOURCE\"", PROFILE_WORDS_DRIVER_ID, 2},
        {"\"DRIVER_ID_INTEL_OPEN_SOURCE_MESA\"", PROFILE_WORDS_DRIVER_ID, 6},
        {"\"VK_DRIVER_ID_MESA_HONEYKRISP\"", PROFILE_WORDS_DRIVER_ID, 26},
        {"\"VK_DRIVER_ID_IMAGINATION_OPEN_SOURCE_MESA\"", PROFILE_WORDS_DRIVER_ID, 25},
        {"\"VK_DRIVER_ID_OF_TOMORROW\"", PROFILE_WORDS_DRIVER_ID, -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *value = value_of(cases[i].text);
        uint32_t number = 77;
        assert_int_equal(profile_words_one(cases[i].vocabulary, value, &number), cases[i].number >= 0);
        assert_int_equal(number, cases[i].number >= 0 ? cases[i].number : 77);
        json_decref(value);
    }
}

/* ---- files ---- */

static void assert_unreadable(const char *path, const char *why) {
    assert_false(profile_report_read(path, &device, reason));
    if (!strstr(reason, why))
        fail_msg("%s: \"%s\" does not say \"%s\"", path, reason, why);
}

static void write_bytes(const char *path, size_t count) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (size_t i = 0; i < count; i++)
        putc(' ', file);
    assert_int_equal(fclose(file), 0);
}

static void test_files(void **state) {
    (void)state;
    char directory[] = "/tmp/perfadapt-test-profile-XXXXXX";
    assert_non_null(mkdtemp(directory));
    assert_int_equal(chdir(directory), 0);
    assert_unreadable("none.json", "No such file or directory");
    assert_unreadable(".", "Is a directory");
    assert_unreadable("/dev/zero", "neither a file nor a pipe");
    assert_int_equal(symlink("loop", "loop"), 0);
    assert_unreadable("loop", "symbolic links");
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_unreadable("fifo", "empty"); /* without a writer */
    write_bytes("empty", 0);
    assert_unreadable("empty", "empty");
    write_bytes("large", PROFILE_FILE_BYTES_MAX);
    assert_unreadable("large", "empty");
    write_bytes("large", PROFILE_FILE_BYTES_MAX + 1);
    assert_unreadable("large", "larger than 16 MiB");
    if (geteuid() != 0) {
        assert_int_equal(chmod("empty", 0), 0);
        assert_unreadable("empty", "Permission denied");
    }
    assert_int_equal(unlink("loop") + unlink("fifo") + unlink("empty") + unlink("large"), 0);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(rmdir(directory), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_gpuinfo_4, setup),
        cmocka_unit_test_setup(test_gpuinfo_1, setup),
        cmocka_unit_test_setup(test_profiles_of_gpuinfo, setup),
        cmocka_unit_test_setup(test_profiles_of_vulkaninfo, setup),
        cmocka_unit_test_setup(test_profiles_name, setup),
        cmocka_unit_test_setup(test_profiles_of_blocks, setup),
        cmocka_unit_test_setup(test_profiles_without_device, setup),
        cmocka_unit_test_setup(test_old_vulkaninfo, setup),
        cmocka_unit_test_setup(test_old_export, setup),
        cmocka_unit_test_setup(test_nothing_known, setup),
        cmocka_unit_test_setup(test_identity_dress, setup),
        cmocka_unit_test_setup(test_heaps, setup),
        cmocka_unit_test_setup(test_more_than_fits, setup),
        cmocka_unit_test_setup(test_long_names, setup),
        cmocka_unit_test_setup(test_timestamps, setup),
        cmocka_unit_test_setup(test_units, setup),
        cmocka_unit_test_setup(test_pci, setup),
        cmocka_unit_test_setup(test_extensions, setup),
        cmocka_unit_test_setup(test_refused, setup),
        cmocka_unit_test_setup(test_refused_bytes, setup),
        cmocka_unit_test_setup(test_reason_is_printable, setup),
        cmocka_unit_test_setup(test_deep, setup),
        cmocka_unit_test_setup(test_million_keys, setup),
        cmocka_unit_test(test_mend),
        cmocka_unit_test_setup(test_mended_report, setup),
        cmocka_unit_test_setup(test_controls_in_names, setup),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_words),
        cmocka_unit_test_setup(test_files, setup),
    };
    return cmocka_run_group_tests_name("profile_report", tests, NULL, NULL);
}
