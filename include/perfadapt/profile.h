/*
 * What the machine is: its GPU, its tier, the preset that fits, and why. SPDX-License-Identifier: MIT
 *
 * A session learns it from what the app hands in (options.device, perfadapt_set_device), from the cache of an earlier
 * probe, or from a probe in a process of its own that ends long after perfadapt_open() has returned; until then, and
 * where none of them is to be had, the profile says so and a conservative preset is in force.
 */
#ifndef PERFADAPT_PROFILE_H
#define PERFADAPT_PROFILE_H

#include <stddef.h>
#include <stdint.h>

#include <perfadapt/error.h>
#include <perfadapt/snapshot.h>
#include <perfadapt/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Kinds of device, numbered as VkPhysicalDeviceType is: X(name, number, word). */
#define PERFADAPT_DEVICE_TYPE_MAP(X)                                                                                   \
    X(OTHER, 0, "other")                                                                                               \
    X(INTEGRATED, 1, "integrated") /* beside the processor, in its memory */                                           \
    X(DISCRETE, 2, "discrete")     /* with memory of its own */                                                        \
    X(VIRTUAL, 3, "virtual")       /* another machine's, lent to a guest */                                            \
    X(CPU, 4, "cpu")               /* software: a rasteriser on the processor */

/** @since 0.1 */
enum perfadapt_device_type {
#define PERFADAPT_DEVICE_TYPE_ENUMERATOR(name, number, word) PERFADAPT_DEVICE_##name = (number),
    PERFADAPT_DEVICE_TYPE_MAP(PERFADAPT_DEVICE_TYPE_ENUMERATOR)
#undef PERFADAPT_DEVICE_TYPE_ENUMERATOR
};

/** What a device can do that something here needs; bits: X(name, bit, word). The words are Vulkan's. */
#define PERFADAPT_DEVICE_FEATURE_MAP(X)                                                                                \
    X(MEMORY_BUDGET, 1, "VK_EXT_memory_budget")                                                                        \
    X(CALIBRATED_TIMESTAMPS, 2, "VK_EXT_calibrated_timestamps") /* or the KHR one */                                   \
    X(HOST_QUERY_RESET, 4, "VK_EXT_host_query_reset")           /* or Vulkan 1.2 */                                    \
    X(TIMELINE_SEMAPHORE, 8, "VK_KHR_timeline_semaphore")       /* or Vulkan 1.2 */                                    \
    X(PRESENT_ID, 16, "VK_KHR_present_id")                      /* or its second version */                            \
    X(PRESENT_WAIT, 32, "VK_KHR_present_wait")                  /* likewise */                                         \
    X(PCI_BUS_INFO, 64, "VK_EXT_pci_bus_info")                                                                         \
    X(PHYSICAL_DEVICE_DRM, 128, "VK_EXT_physical_device_drm")                                                          \
    X(SUBGROUP_SIZE_CONTROL, 256, "VK_EXT_subgroup_size_control") /* or Vulkan 1.3 */                                  \
    X(PIPELINE_EXECUTABLES, 512, "VK_KHR_pipeline_executable_properties")                                              \
    X(MEMORY_PRIORITY, 1024, "VK_EXT_memory_priority")                                                                 \
    X(PAGEABLE_MEMORY, 2048, "VK_EXT_pageable_device_local_memory")                                                    \
    X(GLOBAL_PRIORITY, 4096, "VK_EXT_global_priority") /* or the KHR one */                                            \
    X(DEVICE_FAULT, 8192, "VK_EXT_device_fault")

/** @since 0.1 */
enum perfadapt_device_feature {
#define PERFADAPT_DEVICE_FEATURE_ENUMERATOR(name, bit, word) PERFADAPT_DEVICE_HAS_##name = (bit),
    PERFADAPT_DEVICE_FEATURE_MAP(PERFADAPT_DEVICE_FEATURE_ENUMERATOR)
#undef PERFADAPT_DEVICE_FEATURE_ENUMERATOR
};

#define PERFADAPT_HEAPS_MAX 16        /* VK_MAX_MEMORY_HEAPS */
#define PERFADAPT_MEMORY_TYPES_MAX 32 /* VK_MAX_MEMORY_TYPES */

/** One memory heap. @since 0.1 */
struct perfadapt_heap {
    uint64_t bytes;
    uint32_t flags; /**< VkMemoryHeapFlags */
    uint32_t reserved;
};

/** One memory type. @since 0.1 */
struct perfadapt_memory_type {
    uint32_t flags; /**< VkMemoryPropertyFlags */
    uint32_t heap;  /**< index of its heap */
};

/** Where a device sits on the PCI bus. @since 0.1 */
struct perfadapt_pci_address {
    uint32_t known; /**< 0: it has none, or none is known */
    uint32_t domain, bus, device, function;
};

/**
 * A GPU as Vulkan describes it, handed in by a host or read from a report. Zero in any member but `size` means unknown,
 * unless the member says otherwise. Nothing of it is believed that cannot be: see the reasons of the profile.
 * <perfadapt/vulkan.h> fills it from a VkPhysicalDevice.
 * @since 0.1
 */
struct perfadapt_device {
    size_t size;             /**< sizeof(struct perfadapt_device) */
    uint32_t type;           /**< enum perfadapt_device_type; OTHER also stands for unknown */
    uint32_t vendor_id;      /**< of PCI, or of Vulkan's registry above 0xffff */
    uint32_t device_id;      /**< of PCI where the vendor uses it: Mali, Adreno and others have numbers of their own */
    uint32_t api_version;    /**< as VK_MAKE_API_VERSION packs it */
    uint32_t driver_id;      /**< VkDriverId */
    uint32_t driver_version; /**< as the vendor packs it */
    char name[256];          /**< VkPhysicalDeviceProperties.deviceName */
    char driver_name[256];   /**< VkPhysicalDeviceDriverProperties.driverName: "radv" */
    char driver_info[256];   /**< likewise driverInfo: "Mesa 24.2.1" */
    struct perfadapt_pci_address pci;
    uint32_t heap_count;
    uint32_t memory_type_count;
    struct perfadapt_heap heaps[PERFADAPT_HEAPS_MAX];
    struct perfadapt_memory_type memory_types[PERFADAPT_MEMORY_TYPES_MAX];
    uint64_t features;       /**< mask of enum perfadapt_device_feature */
    uint32_t features_known; /**< 0: the extensions were not listed, so `features` tells nothing */
    uint32_t
        timestamp_valid_bits;  /**< of the first queue family with graphics, else with compute; see timestamp_known */
    float timestamp_period_ns; /**< VkPhysicalDeviceLimits.timestampPeriod */
    uint32_t timestamp_known;  /**< 0: the two above tell nothing */
    uint32_t subgroup_size, subgroup_size_min, subgroup_size_max;
    uint32_t max_image_2d;              /**< maxImageDimension2D */
    uint32_t max_workgroup_invocations; /**< maxComputeWorkGroupInvocations */
    uint32_t max_workgroup_size[3];
    uint32_t max_shared_memory_bytes; /**< maxComputeSharedMemorySize */
    uint32_t max_allocations;         /**< maxMemoryAllocationCount */
    uint32_t max_bound_sets;          /**< maxBoundDescriptorSets */
    uint32_t compute_units;           /**< AMD: CUs that are on; NVIDIA: SMs; ARM: shader cores */
    uint32_t lanes_per_unit;          /**< where the driver tells: AMD: SIMDs per CU x lanes of one */
    uint32_t fma_per_unit_clock;      /**< ARM: fmaRate, fused multiply-adds per core and clock */
    uint32_t clock_mhz;               /**< the highest, where something tells it */
    uint32_t reserved;
};

/** What the machine around the GPU is for: X(name, number, word). */
#define PERFADAPT_FORM_MAP(X)                                                                                          \
    X(UNKNOWN, 0, "unknown")                                                                                           \
    X(DESKTOP, 1, "desktop")                                                                                           \
    X(LAPTOP, 2, "laptop")                                                                                             \
    X(HANDHELD, 3, "handheld") /* a console to hold in hands */                                                        \
    X(TABLET, 4, "tablet")     /* or a phone */                                                                        \
    X(BOARD, 5, "board")       /* a single-board computer */                                                           \
    X(SERVER, 6, "server")                                                                                             \
    X(VIRTUAL, 7, "virtual") /* a guest: what it is made of is not told */

/** @since 0.1 */
enum perfadapt_form {
#define PERFADAPT_FORM_ENUMERATOR(name, number, word) PERFADAPT_FORM_##name = (number),
    PERFADAPT_FORM_MAP(PERFADAPT_FORM_ENUMERATOR)
#undef PERFADAPT_FORM_ENUMERATOR
};

#define PERFADAPT_CORE_KINDS_MAX 4

/** Processor cores of one kind. @since 0.1 */
struct perfadapt_core_kind {
    uint32_t cores;    /**< physical ones */
    uint32_t threads;  /**< logical processors on them */
    uint32_t mhz_max;  /**< 0 unknown */
    uint32_t capacity; /**< of one, relative to the strongest kind's 1024; 0 unknown */
};

/**
 * The machine around the GPU. Zero and "" mean unknown, unless the member says otherwise. As it was when it was read: of a
 * cached profile by the last probe, in that one's cgroup.
 * @since 0.1
 */
struct perfadapt_system {
    size_t size;   /**< sizeof(struct perfadapt_system) */
    uint32_t form; /**< enum perfadapt_form */
    uint32_t core_kind_count;
    struct perfadapt_core_kind core_kinds[PERFADAPT_CORE_KINDS_MAX]; /**< the strongest first */
    uint32_t threads_allowed;                                        /**< logical processors this process may run on */
    uint32_t processor_quota_permille; /**< of the cgroup: 1500 = one and a half processors; 0 = none or unknown */
    uint64_t memory_bytes;             /**< of the machine */
    uint64_t memory_limit_bytes;       /**< of the cgroup; PERFADAPT_NO_LIMIT = none; 0 unknown */
    uint32_t refresh_mhz;              /**< of the panel, in thousandths of a hertz */
    uint32_t panel_internal;           /**< 1: refresh_mhz is the built-in panel's, 0: another's */
    int32_t on_ac;                     /**< 1, 0; -1 unknown */
    int32_t has_battery;               /**< 1, 0; -1 unknown */
    char vendor[64];                   /**< DMI sys_vendor */
    char product[64];                  /**< DMI product_name */
    char board[64];                    /**< DMI board_name */
    char device_tree[128];             /**< the first of /proc/device-tree/compatible */
    char processor[96];                /**< as /proc/cpuinfo names it */
    uint64_t reserved[8];              /**< 0; for later members, as a profile holds this in its midst */
};

/** Where a profile comes from: X(name, number, word). */
#define PERFADAPT_PROFILE_SOURCE_MAP(X)                                                                                \
    X(NONE, 0, "none")     /* nothing is known of the device */                                                        \
    X(HOST, 1, "host")     /* handed in by the app */                                                                  \
    X(CACHE, 2, "cache")   /* an earlier probe's */                                                                    \
    X(PROBE, 3, "probe")   /* a probe that this session waited for */                                                  \
    X(REPORT, 4, "report") /* a file */                                                                                \
    X(BUS, 5, "bus")       /* its number on the bus alone: it sleeps and is not woken, or has no Vulkan driver */

/** @since 0.1 */
enum perfadapt_profile_source {
#define PERFADAPT_PROFILE_SOURCE_ENUMERATOR(name, number, word) PERFADAPT_PROFILE_FROM_##name = (number),
    PERFADAPT_PROFILE_SOURCE_MAP(PERFADAPT_PROFILE_SOURCE_ENUMERATOR)
#undef PERFADAPT_PROFILE_SOURCE_ENUMERATOR
};

#define PERFADAPT_PROFILE_REASONS_MAX 16
#define PERFADAPT_PROFILE_REASON_BYTES 160
#define PERFADAPT_TIER_UNKNOWN UINT32_MAX

/**
 * What the device is worth, and why. Read it after perfadapt_get_profile() or perfadapt_judge().
 * @since 0.1
 */
struct perfadapt_profile {
    size_t size;      /**< sizeof(struct perfadapt_profile) */
    uint32_t state;   /**< enum perfadapt_state: OK; INIT being probed; UNSUPPORTED no device; ERROR the probe failed */
    uint32_t source;  /**< enum perfadapt_profile_source */
    uint32_t tier;    /**< 0 … 5, or PERFADAPT_TIER_UNKNOWN */
    uint32_t type;    /**< enum perfadapt_device_type */
    char preset[32];  /**< the name of the preset that fits: "high" */
    char family[50];  /**< "" unknown */
    char name[256];   /**< of the device; "" unknown */
    char driver[256]; /**< its name and version in words; "" unknown */
    uint32_t vendor_id, device_id, driver_version, api_version;
    struct perfadapt_pci_address pci;
    double score;  /**< estimated single-precision GFLOP/s after every correction; NAN unknown. Orders devices */
    double gflops; /**< nominal: units x lanes x 2 x clock; NAN unknown */
    uint64_t memory_bytes;          /**< the largest heap of its own, or of what it shares; 0 unknown */
    int32_t unified_memory;         /**< 1: it shares the processor's; 0; -1 unknown */
    int32_t tiled;                  /**< 1: renders in tiles; 0; -1 unknown */
    int32_t gpu_timing;             /**< 1: timestamps work; 0; -1 unknown */
    uint32_t compute_units;         /**< 0 unknown */
    uint64_t features;              /**< mask of enum perfadapt_device_feature */
    uint32_t asleep;                /**< 1: it was runtime-suspended and has been left so */
    uint32_t device_count;          /**< GPUs that were found */
    struct perfadapt_system system; /**< the machine around it; its `size` is ours */
    uint32_t reserved;
    uint32_t reason_count;
    char reasons[PERFADAPT_PROFILE_REASONS_MAX]
                [PERFADAPT_PROFILE_REASON_BYTES]; /**< every step that led here, in order */
};

/**
 * Judges a device: deny rules, then its number's family, then a score from real capacity, then a tier and a preset.
 *
 * @param device as Vulkan or a report describes it.
 * @param system the machine around it; NULL = unknown.
 * @param data_dir where `devices/` lies; NULL = what came with the library.
 * @param[in,out] out out->size says how much of it the caller knows.
 * @retval PERFADAPT_OK also where nothing is known of the device: the reasons say so
 * @retval PERFADAPT_ERROR_INVALID device or out is NULL
 * @retval PERFADAPT_ERROR_ABI a size is not understood
 * @retval PERFADAPT_ERROR_NO_MEMORY
 * @threadsafety Any thread. Reads files and allocates for the time of the call: not for a render thread.
 * @since 0.1
 */
PERFADAPT_API enum perfadapt_result perfadapt_judge(const struct perfadapt_device *device,
                                                    const struct perfadapt_system *system, const char *data_dir,
                                                    struct perfadapt_profile *out);

/**
 * A word of enum perfadapt_device_type, as it is printed. Out of range gives "unknown".
 * @return a static string, never NULL. @threadsafety Any thread, at any time. @since 0.1
 */
PERFADAPT_API const char *perfadapt_device_type_name(uint32_t type);
/** As perfadapt_device_type_name(), of enum perfadapt_form. @threadsafety Any thread. @since 0.1 */
PERFADAPT_API const char *perfadapt_form_name(uint32_t form);
/** As perfadapt_device_type_name(), of enum perfadapt_profile_source. @threadsafety Any thread. @since 0.1 */
PERFADAPT_API const char *perfadapt_profile_source_name(uint32_t source);

/**
 * The Vulkan extension behind one bit of enum perfadapt_device_feature; "unknown" where `bit` is none.
 * @return a static string, never NULL. @threadsafety Any thread, at any time. @since 0.1
 */
PERFADAPT_API const char *perfadapt_device_feature_name(uint64_t bit);

#ifdef __cplusplus
}
#endif

#endif
