/*
 * What lies in the files of the made-up machine: a laptop with an Intel processor and its graphics, and a Radeon.
 * SPDX-License-Identifier: MIT
 *
 * Formats as the kernel documents them: Documentation/ABI/{testing,stable}, filesystems/proc.rst, admin-guide/cgroup-v2,
 * accounting/psi, gpu/drm-usage-stats.
 */
#include "machine_files.h"

#include <stdio.h>
#include <string.h>

#define GPU "/sys/devices/pci0000:00/0000:00:01.0/0000:03:00.0"
#define GPU_HWMON GPU "/hwmon/hwmon2"
#define IGPU "/sys/devices/pci0000:00/0000:00:02.0"
#define IGPU_CARD IGPU "/drm/card0"
#define GT IGPU_CARD "/gt/gt0"
#define CORETEMP "/sys/devices/platform/coretemp.0/hwmon/hwmon1"
#define THERMAL "/sys/devices/virtual/thermal"
#define CPU "/sys/devices/system/cpu"
#define RAPL "/sys/devices/virtual/powercap/intel-rapl/intel-rapl:0"
#define AC "/sys/devices/LNXSYSTM:00/LNXSYBUS:00/ACPI0003:00/power_supply/AC"
#define BATTERY "/sys/devices/LNXSYSTM:00/LNXSYBUS:00/PNP0C0A:00/power_supply/BAT0"
#define SLICE "/sys/fs/cgroup/user.slice"
#define APP SLICE "/app.scope"

const struct machine_gauge machine_gauges[] = {
    /* coretemp: the package, and two cores that are left alone */
    {CORETEMP "/name", {"coretemp\n"}},
    {CORETEMP "/temp1_label", {"Package id 0\n"}},
    {CORETEMP "/temp1_input", {"43000\n", "45000\n"}},
    {CORETEMP "/temp1_max", {"100000\n"}},
    {CORETEMP "/temp1_crit", {"100000\n"}},
    {CORETEMP "/temp1_crit_alarm", {"0\n"}},
    {CORETEMP "/temp2_label", {"Core 0\n"}},
    {CORETEMP "/temp2_input", {"41000\n", "44000\n"}},
    {CORETEMP "/temp2_crit", {"100000\n"}},

    /* a chip of the board that does not steer, with flags */
    {"/sys/devices/platform/nct6775.656/hwmon/hwmon3/name", {"nct6798\n"}},
    {"/sys/devices/platform/nct6775.656/hwmon/hwmon3/temp1_label", {"SYSTIN\n"}},
    {"/sys/devices/platform/nct6775.656/hwmon/hwmon3/temp1_input", {"34000\n", "35500\n"}},
    {"/sys/devices/platform/nct6775.656/hwmon/hwmon3/temp1_fault", {"0\n"}},
    {"/sys/devices/platform/nct6775.656/hwmon/hwmon3/temp1_enable", {"1\n"}},

    /* the Radeon */
    {GPU "/vendor", {"0x1002\n"}},
    {GPU "/device", {"0x73df\n"}},
    {GPU "/class", {"0x030000\n"}},
    {GPU "/revision", {"0xc1\n"}},
    {GPU "/boot_vga", {"0\n"}},
    {GPU "/uevent", {"DRIVER=amdgpu\nPCI_CLASS=30000\nPCI_ID=1002:73DF\nPCI_SLOT_NAME=0000:03:00.0\n"}},
    {GPU "/power_state", {"D0\n"}},
    {GPU "/power/runtime_status", {"active\n"}},
    {GPU "/power/control", {"auto\n"}},
    {GPU "/power/autosuspend_delay_ms", {"5000\n"}},
    {GPU "/gpu_busy_percent", {"38\n", "44\n"}},
    {GPU "/mem_busy_percent", {"12\n", "14\n"}},
    {GPU "/mem_info_vram_total", {"12868124672\n"}},
    {GPU "/mem_info_vram_used", {"2147483648\n", "2684354560\n"}},
    {GPU "/mem_info_gtt_total", {"16647311360\n"}},
    {GPU "/mem_info_gtt_used", {"134217728\n", "268435456\n"}},
    {GPU "/pp_dpm_sclk", {"0: 500Mhz\n1: 1300Mhz *\n2: 2600Mhz\n", "0: 500Mhz\n1: 1400Mhz *\n2: 2600Mhz\n"}},
    {GPU "/pp_dpm_mclk", {"0: 96Mhz\n1: 456Mhz *\n2: 1000Mhz\n"}},
    {GPU "/power_dpm_force_performance_level", {"auto\n"}},
    {GPU_HWMON "/name", {"amdgpu\n"}},
    {GPU_HWMON "/temp1_label", {"edge\n"}},
    {GPU_HWMON "/temp1_input", {"41000\n", "43000\n"}},
    {GPU_HWMON "/temp1_crit", {"100000\n"}},
    {GPU_HWMON "/temp1_emergency", {"105000\n"}},
    {GPU_HWMON "/temp2_label", {"junction\n"}},
    {GPU_HWMON "/temp2_input", {"45000\n", "48000\n"}},
    {GPU_HWMON "/temp2_crit", {"110000\n"}},
    {GPU_HWMON "/temp3_label", {"mem\n"}},
    {GPU_HWMON "/temp3_input", {"46000\n", "50000\n"}},
    {GPU_HWMON "/temp3_crit", {"100000\n"}},
    {GPU_HWMON "/power1_label", {"PPT\n"}},
    {GPU_HWMON "/power1_average", {"62000000\n", "71000000\n"}},
    {GPU_HWMON "/power1_cap", {"186000000\n"}},
    {GPU_HWMON "/power1_cap_max", {"211000000\n"}},
    {GPU_HWMON "/freq1_label", {"sclk\n"}},
    {GPU_HWMON "/freq1_input", {"1300000000\n", "1400000000\n"}},
    {GPU_HWMON "/freq2_label", {"mclk\n"}},
    {GPU_HWMON "/freq2_input", {"456000000\n"}},
    {GPU "/drm/card1/dev", {"226:1\n"}},
    {GPU "/drm/card1/uevent", {"MAJOR=226\nMINOR=1\nDEVNAME=dri/card1\nDEVTYPE=drm_minor\n"}},
    {GPU "/drm/renderD129/dev", {"226:129\n"}},
    {GPU "/drm/renderD129/uevent", {"MAJOR=226\nMINOR=129\nDEVNAME=dri/renderD129\nDEVTYPE=drm_minor\n"}},

    /* the processor's graphics */
    {IGPU "/vendor", {"0x8086\n"}},
    {IGPU "/device", {"0x46a6\n"}},
    {IGPU "/class", {"0x030000\n"}},
    {IGPU "/boot_vga", {"1\n"}},
    {IGPU "/uevent", {"DRIVER=i915\nPCI_CLASS=30000\nPCI_ID=8086:46A6\nPCI_SLOT_NAME=0000:00:02.0\n"}},
    {IGPU "/power_state", {"D0\n"}},
    {IGPU "/power/runtime_status", {"active\n"}},
    {IGPU "/power/control", {"on\n"}},
    {IGPU "/power/autosuspend_delay_ms", {"10000\n"}},
    {IGPU_CARD "/dev", {"226:0\n"}},
    {IGPU_CARD "/uevent", {"MAJOR=226\nMINOR=0\nDEVNAME=dri/card0\nDEVTYPE=drm_minor\n"}},
    {IGPU_CARD "/gt_act_freq_mhz", {"600\n", "650\n"}},
    {IGPU_CARD "/gt_cur_freq_mhz", {"600\n", "650\n"}},
    {IGPU_CARD "/gt_max_freq_mhz", {"1400\n"}},
    {IGPU_CARD "/gt_RP0_freq_mhz", {"1400\n"}},
    {GT "/id", {"0\n"}},
    {GT "/rps_act_freq_mhz", {"600\n", "650\n"}},
    {GT "/rps_cur_freq_mhz", {"600\n", "650\n"}},
    {GT "/rps_min_freq_mhz", {"100\n"}},
    {GT "/rps_max_freq_mhz", {"1400\n"}},
    {GT "/rps_boost_freq_mhz", {"1400\n"}},
    {GT "/rps_RP0_freq_mhz", {"1400\n"}},
    {GT "/rps_RP1_freq_mhz", {"400\n"}},
    {GT "/rps_RPn_freq_mhz", {"100\n"}},
    {GT "/throttle_reason_status", {"0\n"}},
    {GT "/throttle_reason_pl1", {"0\n"}},
    {GT "/throttle_reason_pl2", {"0\n"}},
    {GT "/throttle_reason_pl4", {"0\n"}},
    {GT "/throttle_reason_thermal", {"0\n"}},
    {GT "/throttle_reason_prochot", {"0\n"}},
    {GT "/throttle_reason_ratl", {"0\n"}},
    {GT "/throttle_reason_vr_thermalert", {"0\n"}},
    {GT "/throttle_reason_vr_tdc", {"0\n"}},
    {IGPU "/drm/renderD128/dev", {"226:128\n"}},

    /* thermal zones and what cools them */
    {THERMAL "/thermal_zone0/type", {"acpitz\n"}},
    {THERMAL "/thermal_zone0/temp", {"38000\n", "39000\n"}},
    {THERMAL "/thermal_zone0/mode", {"enabled\n"}},
    {THERMAL "/thermal_zone0/policy", {"step_wise\n"}},
    {THERMAL "/thermal_zone0/trip_point_0_type", {"critical\n"}},
    {THERMAL "/thermal_zone0/trip_point_0_temp", {"119000\n"}},
    {THERMAL "/thermal_zone0/trip_point_1_type", {"passive\n"}},
    {THERMAL "/thermal_zone0/trip_point_1_temp", {"98000\n"}},
    {THERMAL "/thermal_zone0/cdev0_trip_point", {"1\n"}},
    {THERMAL "/thermal_zone1/type", {"x86_pkg_temp\n"}},
    {THERMAL "/thermal_zone1/temp", {"43000\n", "45000\n"}},
    {THERMAL "/thermal_zone1/mode", {"enabled\n"}},
    {THERMAL "/thermal_zone1/trip_point_0_type", {"passive\n"}},
    {THERMAL "/thermal_zone1/trip_point_0_temp", {"96000\n"}},
    {THERMAL "/thermal_zone1/trip_point_1_type", {"passive\n"}},
    {THERMAL "/thermal_zone1/trip_point_1_temp", {"0\n"}},
    {THERMAL "/cooling_device0/type", {"Processor\n"}},
    {THERMAL "/cooling_device0/cur_state", {"0\n"}},
    {THERMAL "/cooling_device0/max_state", {"10\n"}},
    {THERMAL "/cooling_device1/type", {"Fan\n"}},
    {THERMAL "/cooling_device1/cur_state", {"1\n"}},
    {THERMAL "/cooling_device1/max_state", {"1\n"}},
    {THERMAL "/cooling_device2/type", {"intel_powerclamp\n"}},
    {THERMAL "/cooling_device2/cur_state", {"-1\n"}},
    {THERMAL "/cooling_device2/max_state", {"100\n"}},

    /* processors */
    {CPU "/online", {"0-3\n"}},
    {CPU "/present", {"0-3\n"}},
    {CPU "/possible", {"0-3\n"}},
    {CPU "/intel_pstate/no_turbo", {"0\n"}},
    {CPU "/intel_pstate/status", {"active\n"}},
    {CPU "/cpufreq/policy0/affected_cpus", {"0 1\n"}},
    {CPU "/cpufreq/policy0/related_cpus", {"0 1\n"}},
    {CPU "/cpufreq/policy0/cpuinfo_min_freq", {"400000\n"}},
    {CPU "/cpufreq/policy0/cpuinfo_max_freq", {"4700000\n"}},
    {CPU "/cpufreq/policy0/scaling_driver", {"intel_pstate\n"}},
    {CPU "/cpufreq/policy0/scaling_governor", {"powersave\n"}},
    {CPU "/cpufreq/policy0/scaling_min_freq", {"400000\n"}},
    {CPU "/cpufreq/policy0/scaling_max_freq", {"4700000\n"}},
    {CPU "/cpufreq/policy0/scaling_cur_freq", {"2400000\n", "2700000\n"}},
    {CPU "/cpufreq/policy2/affected_cpus", {"2 3\n"}},
    {CPU "/cpufreq/policy2/related_cpus", {"2 3\n"}},
    {CPU "/cpufreq/policy2/cpuinfo_min_freq", {"400000\n"}},
    {CPU "/cpufreq/policy2/cpuinfo_max_freq", {"3500000\n"}},
    {CPU "/cpufreq/policy2/scaling_driver", {"intel_pstate\n"}},
    {CPU "/cpufreq/policy2/scaling_min_freq", {"400000\n"}},
    {CPU "/cpufreq/policy2/scaling_max_freq", {"3500000\n"}},
    {CPU "/cpufreq/policy2/scaling_cur_freq", {"1800000\n", "2000000\n"}},
    {CPU "/cpu0/topology/physical_package_id", {"0\n"}},
    {CPU "/cpu1/topology/physical_package_id", {"0\n"}},
    {CPU "/cpu2/topology/physical_package_id", {"0\n"}},
    {CPU "/cpu3/topology/physical_package_id", {"0\n"}},
    {CPU "/cpu1/online", {"1\n"}},
    {CPU "/cpu2/online", {"1\n"}},
    {CPU "/cpu3/online", {"1\n"}},
    {CPU "/cpu0/thermal_throttle/core_throttle_count", {"3\n"}},
    {CPU "/cpu0/thermal_throttle/core_throttle_total_time_ms", {"12\n"}},
    {CPU "/cpu0/thermal_throttle/package_throttle_count", {"5\n"}},
    {CPU "/cpu0/thermal_throttle/package_throttle_total_time_ms", {"20\n"}},
    {CPU "/cpu2/thermal_throttle/core_throttle_count", {"0\n"}},
    {CPU "/cpu2/thermal_throttle/core_throttle_total_time_ms", {"0\n"}},
    {CPU "/cpu2/thermal_throttle/package_throttle_count", {"5\n"}},
    {CPU "/cpu2/thermal_throttle/package_throttle_total_time_ms", {"20\n"}},

    /* power */
    {AC "/type", {"Mains\n"}},
    {AC "/online", {"1\n"}},
    {BATTERY "/type", {"Battery\n"}},
    {BATTERY "/scope", {"System\n"}},
    {BATTERY "/present", {"1\n"}},
    {BATTERY "/status", {"Discharging\n"}},
    {BATTERY "/capacity", {"71\n", "64\n"}},
    {BATTERY "/energy_now", {"40470000\n", "36480000\n"}},
    {BATTERY "/energy_full", {"57000000\n"}},
    {BATTERY "/power_now", {"9100000\n", "9900000\n"}},
    {BATTERY "/voltage_now", {"15400000\n"}},
    {"/sys/firmware/acpi/platform_profile", {"balanced\n"}},
    {"/sys/firmware/acpi/platform_profile_choices", {"low-power balanced performance\n"}},
    {RAPL "/name", {"package-0\n"}},
    {RAPL "/enabled", {"1\n"}},
    {RAPL "/max_energy_range_uj", {"262143328850\n"}},

    /* the own cgroup and the one above it */
    {"/sys/fs/cgroup/cgroup.controllers", {"cpu io memory pids\n"}},
    {SLICE "/cgroup.type", {"domain\n"}},
    {SLICE "/cgroup.controllers", {"cpu io memory pids\n"}},
    {SLICE "/memory.max", {"max\n"}},
    {SLICE "/memory.high", {"max\n"}},
    {SLICE "/cpu.max", {"max 100000\n"}},
    {APP "/cgroup.type", {"domain\n"}},
    {APP "/cgroup.controllers", {"cpu io memory pids\n"}},
    {APP "/memory.max", {"8589934592\n"}},
    {APP "/memory.high", {"max\n"}},
    {APP "/memory.current", {"1610612736\n", "1717986918\n"}},
    {APP "/memory.swap.max", {"2147483648\n"}},
    {APP "/memory.swap.high", {"max\n"}},
    {APP "/memory.swap.current", {"4194304\n", "5242880\n"}},
    {APP "/memory.events", {"low 0\nhigh 2\nmax 1\noom 0\noom_kill 0\noom_group_kill 0\n"}},
    {APP "/memory.events.local", {"low 0\nhigh 2\nmax 1\noom 0\noom_kill 0\noom_group_kill 0\n"}},
    {APP "/memory.stat",
     {"anon 1073741824\nfile 268435456\nkernel 8388608\ninactive_anon 0\nactive_anon 1073741824\n"
      "inactive_file 134217728\nactive_file 134217728\n"}},
    {APP "/cpu.max", {"300000 100000\n"}},

    /* the process */
    {"/proc/self/cgroup", {"0::/user.slice/app.scope\n"}},
    {"/proc/self/mountinfo",
     {"21 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw\n"
      "25 21 0:21 / /sys rw,nosuid,nodev,noexec shared:2 - sysfs sysfs rw\n"
      "30 25 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec shared:5 - cgroup2 cgroup2 rw,nsdelegate\n"}},
    {"/proc/self/statm", {"524288 98304 16384 512 0 196608 0\n", "540672 102400 16896 512 0 200704 0\n"}},
    {"/proc/self/status",
     {"Name:\tviewer\nVmPeak:\t 2097152 kB\nVmRSS:\t  393216 kB\nRssAnon:\t  327680 kB\nRssFile:\t   57344 kB\n"
      "RssShmem:\t    8192 kB\nVmSwap:\t    1024 kB\nThreads:\t12\n",
      "Name:\tviewer\nVmPeak:\t 2162688 kB\nVmRSS:\t  409600 kB\nRssAnon:\t  342016 kB\nRssFile:\t   59392 kB\n"
      "RssShmem:\t    8192 kB\nVmSwap:\t    2048 kB\nThreads:\t12\n"}},
    {"/proc/self/smaps_rollup",
     {"55d0c0000000-7ffc00000000 ---p 00000000 00:00 0                          [rollup]\n"
      "Rss:              393216 kB\nPss:              352256 kB\nPss_Anon:         327680 kB\nSwap:               1024 "
      "kB\nSwapPss:            1024 kB\n",
      "55d0c0000000-7ffc00000000 ---p 00000000 00:00 0                          [rollup]\n"
      "Rss:              409600 kB\nPss:              368640 kB\nPss_Anon:         342016 kB\nSwap:               2048 "
      "kB\nSwapPss:            2048 kB\n"}},
};
const size_t machine_gauge_count = sizeof machine_gauges / sizeof machine_gauges[0];

const struct machine_counter machine_counters[] = {
    {RAPL "/energy_uj", 81000000000, {14000000, 16000000}}, {GPU "/power/runtime_active_time", 4000000, {1000, 1000}},
    {GPU "/power/runtime_suspended_time", 1000000, {0, 0}}, {IGPU "/power/rc6_residency_ms", 3000000, {400, 300}},
    {GT "/rc6_residency_ms", 3000000, {400, 300}},
};
const size_t machine_counter_count = sizeof machine_counters / sizeof machine_counters[0];
_Static_assert(sizeof machine_counters / sizeof machine_counters[0] <= MACHINE_COUNTERS_MAX, "to be raised");

/* ---- what is made of more than one number ---- */

const uint64_t machine_load[2] = {300, 400};

static unsigned long long n(uint64_t number) {
    return (unsigned long long)number;
}

/* Four processors of 100 ticks a second. */
static size_t write_stat(unsigned level, uint64_t seconds, uint64_t work, char *out, size_t capacity) {
    (void)level;
    const uint64_t busy = work / 10;
    const uint64_t idle = seconds * 100 - busy;
    int used = snprintf(out, capacity, "cpu  %llu 0 0 %llu 0 0 0 0 0 0\n", n(busy * 4), n(idle * 4));
    for (unsigned i = 0; i < 4; i++)
        used += snprintf(out + used, capacity - (size_t)used, "cpu%u %llu 0 0 %llu 0 0 0 0 0 0\n", i, n(busy), n(idle));
    used += snprintf(out + used, capacity - (size_t)used, "intr 0\nctxt %llu\nbtime 1700000000\nprocesses 4000\n",
                     n(seconds * 2000));
    return (size_t)used;
}

static size_t write_meminfo(unsigned level, uint64_t seconds, uint64_t work, char *out, size_t capacity) {
    (void)seconds;
    (void)work;
    return (size_t)snprintf(out, capacity,
                            "MemTotal:       32594736 kB\nMemFree:        12000000 kB\nMemAvailable:   %8u kB\n"
                            "Buffers:          400000 kB\nCached:          7000000 kB\nSwapTotal:       8388604 kB\n"
                            "SwapFree:        %8u kB\nDirty:               320 kB\n",
                            level ? 20000000u : 21000000u, level ? 8300000u : 8388604u);
}

static size_t write_pressure(unsigned level, uint64_t seconds, uint64_t work, char *out, size_t capacity) {
    (void)work;
    return (size_t)snprintf(out, capacity,
                            "some avg10=%s avg60=0.11 avg300=0.05 total=%llu\n"
                            "full avg10=%s avg60=0.02 avg300=0.01 total=%llu\n",
                            level ? "0.40" : "0.20", n(seconds * 200), level ? "0.10" : "0.05", n(seconds * 60));
}

static size_t write_pressure_irq(unsigned level, uint64_t seconds, uint64_t work, char *out, size_t capacity) {
    (void)work;
    return (size_t)snprintf(out, capacity, "full avg10=%s avg60=0.02 avg300=0.01 total=%llu\n", level ? "0.10" : "0.05",
                            n(seconds * 60));
}

static size_t write_cpu_stat(unsigned level, uint64_t seconds, uint64_t work, char *out, size_t capacity) {
    (void)level;
    return (size_t)snprintf(out, capacity,
                            "usage_usec %llu\nuser_usec %llu\nsystem_usec 0\nnr_periods %llu\nnr_throttled 4\n"
                            "throttled_usec 90000\n",
                            n(work * 1000), n(work * 1000), n(seconds * 10));
}

/* A DRM file of the Radeon: Documentation/gpu/drm-usage-stats.rst. */
static size_t write_fdinfo(unsigned level, uint64_t seconds, uint64_t work, char *out, size_t capacity) {
    (void)seconds;
    return (size_t)snprintf(
        out, capacity,
        "pos:\t0\nflags:\t02100002\nmnt_id:\t27\nino:\t412\ndrm-driver:\tamdgpu\ndrm-client-id:\t17\n"
        "drm-pdev:\t0000:03:00.0\npasid:\t32772\ndrm-memory-vram:\t%u KiB\ndrm-memory-gtt: \t20480 KiB\n"
        "drm-memory-cpu: \t0 KiB\ndrm-total-vram:\t%u KiB\ndrm-resident-vram:\t%u KiB\n"
        "drm-engine-gfx:\t%llu ns\ndrm-engine-compute:\t0 ns\n",
        level ? 524288u : 491520u, level ? 524288u : 491520u, level ? 524288u : 491520u, n(work * 1000000 / 2));
}

static void put(unsigned char *out, size_t at, size_t bytes, uint64_t value) {
    for (size_t i = 0; i < bytes; i++)
        out[at + i] = (unsigned char)(value >> (8 * i)); /* the kernel's own order; this one is little-endian */
}

/* struct gpu_metrics_v1_3 of the kernel's kgd_pp_interface.h. */
static size_t write_gpu_metrics(unsigned level, uint64_t seconds, uint64_t work, char *out, size_t capacity) {
    static const unsigned char unknown_16[] = {16, 44, 48, 50, 52, 58, 62, 64, 66, 88, 90, 92, 94, 108};
    enum { LENGTH = 120 };
    unsigned char bytes[LENGTH] = {0};
    (void)work;
    for (size_t i = 0; i < sizeof unknown_16; i++)
        put(bytes, unknown_16[i], 2, 0xffff);
    put(bytes, 0, 2, LENGTH);
    put(bytes, 2, 1, 1);
    put(bytes, 3, 1, 3);
    put(bytes, 4, 2, level ? 43 : 41); /* edge, hotspot, memory, regulators */
    put(bytes, 6, 2, level ? 48 : 45);
    put(bytes, 8, 2, level ? 50 : 46);
    put(bytes, 10, 2, 40);
    put(bytes, 12, 2, 40);
    put(bytes, 14, 2, 40);
    put(bytes, 16, 2, level ? 44 : 38); /* activity */
    put(bytes, 18, 2, 12);
    put(bytes, 20, 2, 0);
    put(bytes, 22, 2, level ? 71 : 62); /* W */
    put(bytes, 24, 8, seconds * 65000);
    put(bytes, 32, 8, seconds * 100000000);
    put(bytes, 40, 2, level ? 1400 : 1300);
    put(bytes, 54, 2, level ? 1400 : 1300);
    put(bytes, 56, 2, 900);
    put(bytes, 72, 2, 1200); /* fan */
    put(bytes, 74, 2, 16);
    put(bytes, 76, 2, 160);
    put(bytes, 96, 8, seconds * 100000000);
    if (capacity < sizeof bytes)
        return 0;
    memcpy(out, bytes, sizeof bytes);
    return sizeof bytes;
}

const struct machine_composition machine_compositions[] = {
    {"/proc/stat", write_stat},
    {"/proc/meminfo", write_meminfo},
    {"/proc/pressure/cpu", write_pressure},
    {"/proc/pressure/memory", write_pressure},
    {"/proc/pressure/io", write_pressure},
    {"/proc/pressure/irq", write_pressure_irq},
    {APP "/cpu.pressure", write_pressure},
    {APP "/memory.pressure", write_pressure},
    {APP "/io.pressure", write_pressure},
    {APP "/cpu.stat", write_cpu_stat},
    {"/proc/self/fdinfo/7", write_fdinfo},
    {GPU "/gpu_metrics", write_gpu_metrics},
};
const size_t machine_composition_count = sizeof machine_compositions / sizeof machine_compositions[0];

const struct machine_link machine_links[] = {
    {"/sys/class/hwmon/hwmon1", "../../devices/platform/coretemp.0/hwmon/hwmon1"},
    {"/sys/class/hwmon/hwmon2", "../../devices/pci0000:00/0000:00:01.0/0000:03:00.0/hwmon/hwmon2"},
    {"/sys/class/hwmon/hwmon3", "../../devices/platform/nct6775.656/hwmon/hwmon3"},
    {CORETEMP "/device", "../../../coretemp.0"},
    {"/sys/devices/platform/nct6775.656/hwmon/hwmon3/device", "../../../nct6775.656"},
    {GPU_HWMON "/device", "../../../0000:03:00.0"},
    {GPU "/driver", "../../../../bus/pci/drivers/amdgpu"},
    {GPU "/drm/card1/device", "../../../0000:03:00.0"},
    {GPU "/drm/renderD129/device", "../../../0000:03:00.0"},
    {IGPU "/driver", "../../../bus/pci/drivers/i915"},
    {IGPU_CARD "/device", "../../../0000:00:02.0"},
    {IGPU "/drm/renderD128/device", "../../../0000:00:02.0"},
    {"/sys/bus/pci/devices/0000:03:00.0", "../../../devices/pci0000:00/0000:00:01.0/0000:03:00.0"},
    {"/sys/bus/pci/devices/0000:00:02.0", "../../../devices/pci0000:00/0000:00:02.0"},
    {"/sys/class/drm/card0", "../../devices/pci0000:00/0000:00:02.0/drm/card0"},
    {"/sys/class/drm/card1", "../../devices/pci0000:00/0000:00:01.0/0000:03:00.0/drm/card1"},
    {"/sys/class/drm/renderD128", "../../devices/pci0000:00/0000:00:02.0/drm/renderD128"},
    {"/sys/class/drm/renderD129", "../../devices/pci0000:00/0000:00:01.0/0000:03:00.0/drm/renderD129"},
    {"/sys/dev/char/226:0", "../../devices/pci0000:00/0000:00:02.0/drm/card0"},
    {"/sys/dev/char/226:1", "../../devices/pci0000:00/0000:00:01.0/0000:03:00.0/drm/card1"},
    {"/sys/dev/char/226:128", "../../devices/pci0000:00/0000:00:02.0/drm/renderD128"},
    {"/sys/dev/char/226:129", "../../devices/pci0000:00/0000:00:01.0/0000:03:00.0/drm/renderD129"},
    {"/sys/class/thermal/thermal_zone0", "../../devices/virtual/thermal/thermal_zone0"},
    {"/sys/class/thermal/thermal_zone1", "../../devices/virtual/thermal/thermal_zone1"},
    {"/sys/class/thermal/cooling_device0", "../../devices/virtual/thermal/cooling_device0"},
    {"/sys/class/thermal/cooling_device1", "../../devices/virtual/thermal/cooling_device1"},
    {"/sys/class/thermal/cooling_device2", "../../devices/virtual/thermal/cooling_device2"},
    {THERMAL "/thermal_zone0/cdev0", "../cooling_device0"},
    {CPU "/cpu0/cpufreq", "../cpufreq/policy0"},
    {CPU "/cpu1/cpufreq", "../cpufreq/policy0"},
    {CPU "/cpu2/cpufreq", "../cpufreq/policy2"},
    {CPU "/cpu3/cpufreq", "../cpufreq/policy2"},
    {"/sys/class/power_supply/AC", "../../devices/LNXSYSTM:00/LNXSYBUS:00/ACPI0003:00/power_supply/AC"},
    {"/sys/class/power_supply/BAT0", "../../devices/LNXSYSTM:00/LNXSYBUS:00/PNP0C0A:00/power_supply/BAT0"},
    {"/sys/class/powercap/intel-rapl:0", "../../devices/virtual/powercap/intel-rapl/intel-rapl:0"},
    {"/proc/self/fd/7", "/dev/dri/renderD129"},
};
const size_t machine_link_count = sizeof machine_links / sizeof machine_links[0];
