/* Parts of machines as the kernel shows them, in a root directory made for a test. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TESTS_MADE_MACHINE_H
#define PERFADAPT_TESTS_MADE_MACHINE_H

#include "fixture.h"

#define MADE_EDID_BYTES 128

/* A timing of an EDID; blanks included in the totals. */
struct made_timing {
    uint32_t clock_10khz;
    uint32_t shown_x, total_x;
    uint32_t shown_y, total_y;
    bool interlaced;
};

/* A base block with that timing first, its checksum right. */
void made_edid(const struct made_timing *timing, uint8_t out[MADE_EDID_BYTES]);

/* Processors first … last: siblings as their list names them; capacity and khz 0 = no such file. */
struct made_cores {
    uint32_t first, last;
    uint32_t threads; /* 1, or 2: then each processor's sibling is the next one */
    uint32_t khz;
    uint32_t capacity;
};
void made_processors(struct fixture *fixture, const struct made_cores *cores);
/* cpuN/FILE. */
void made_processor_file(struct fixture *fixture, uint32_t number, const char *file, const char *text);

/*
 * A PCI device as the bus lists it: its files in /sys/devices, a link in /sys/bus/pci. `driver` NULL = none is bound.
 */
struct made_pci {
    const char *address;
    const char *class; /* "0x030000" */
    const char *vendor;
    const char *device;
    const char *boot_vga; /* NULL = no such file */
    const char *status;   /* of runtime power management */
    const char *driver;
};
void made_pci_device(struct fixture *fixture, const struct made_pci *device);
/* card<number> of it, with a node to render on. */
void made_pci_card(struct fixture *fixture, const struct made_pci *device, unsigned number);

/* Tells which files of the device are opened from now on; gives it a monitoring chip and a file of its driver's. */
int made_watch(struct fixture *fixture, const char *address);
/* None but those that the kernel answers by itself, and at least one of them: the watch does see. Ends the watch. */
void made_assert_untouched(int watch);

/* A card of the platform bus, `name` as in "fec00000.v3d"; `renders`: it has a node to render on. */
void made_platform_card(struct fixture *fixture, const char *name, unsigned number, const char *driver,
                        const char *compatible, bool renders);

/* card<number>-<connector>; `timing` NULL = it has no EDID. */
void made_connector(struct fixture *fixture, const char *connector, bool connected, bool enabled,
                    const struct made_timing *timing);

/* /sys/class/dmi/id; NULL = no such file. */
void made_dmi(struct fixture *fixture, const char *vendor, const char *product, const char *board, const char *chassis);

/* A battery that discharges, or not, and an adapter that is online then. */
void made_battery(struct fixture *fixture, bool on_ac);

#endif
