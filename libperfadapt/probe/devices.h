/*
 * All GPUs of the machine, each once: what the drivers say of them and what only the bus knows.
 * SPDX-License-Identifier: MIT
 *
 * Matched by PCI address, never by index: drivers list devices as they like. Where a driver tells no address, by vendor
 * and device if there is just one such GPU.
 */
#ifndef PERFADAPT_PROBE_DEVICES_H
#define PERFADAPT_PROBE_DEVICES_H

#include "probe/gather.h"

#define PROBE_DEVICES_MAX (PROBE_FOUND_MAX + PERFADAPT__BUS_GPUS_MAX)
#define PROBE_NONE SIZE_MAX

struct probe_device {
    struct perfadapt_device device; /* of the bus alone: its numbers */
    struct perfadapt_profile profile;
    size_t icd;       /* the driver that told of it; PROBE_NONE = the bus alone */
    size_t gpu;       /* on the bus; PROBE_NONE = it is not there: software, or not to be told which */
    uint32_t also;    /* mask of drivers that told of it as well, and are passed over */
    size_t passed_by; /* of the bus alone: the driver that would have told of it; PROBE_NONE = there is none */
};

struct probe_devices {
    uint32_t state; /* enum perfadapt_state: OK; UNSUPPORTED nothing was found; ERROR likewise, but something failed */
    char reason[192]; /* why; "" = OK */
    char error[160]; /* the first driver that failed, whatever was found: "libfoo.so: crashed (signal 11)"; "" = none */
    size_t count;
    size_t best;                   /* PROBE_NONE = there are none */
    struct perfadapt_profile none; /* what holds where there are none: the conservative preset, and the reason */
    struct probe_device devices[PROBE_DEVICES_MAX];
};

/* Allocate *out_devices. */
void probe_devices_build(const struct probe_gathered *gathered, const struct perfadapt_system *system,
                         const char *data_dir, struct probe_devices *out_devices);

#endif
