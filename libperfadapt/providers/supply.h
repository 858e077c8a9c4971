/* One power supply as its uevent describes it, and what several of them say together. SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_PROVIDERS_SUPPLY_H
#define PERFADAPT_PROVIDERS_SUPPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum perfadapt__supply_kind {
    PERFADAPT__SUPPLY_OTHER = 0, /* UPS, or unknown: says nothing of this machine's mains */
    PERFADAPT__SUPPLY_MAINS = 1, /* also USB and wireless chargers */
    PERFADAPT__SUPPLY_BATTERY = 2
};

enum perfadapt__supply_status {
    PERFADAPT__SUPPLY_STATUS_UNKNOWN = 0,
    PERFADAPT__SUPPLY_STATUS_DISCHARGING = 1,
    PERFADAPT__SUPPLY_STATUS_RESTING = 2, /* charging, full, not charging: it gives nothing */
};

/* Figures in the order of perfadapt__supply_figure_files. Micro-units of the kernel, capacity in percent. */
enum perfadapt__supply_figure {
    PERFADAPT__SUPPLY_ENERGY_NOW,
    PERFADAPT__SUPPLY_ENERGY_FULL,
    PERFADAPT__SUPPLY_CHARGE_NOW,
    PERFADAPT__SUPPLY_CHARGE_FULL,
    PERFADAPT__SUPPLY_CAPACITY,
    PERFADAPT__SUPPLY_POWER_NOW,
    PERFADAPT__SUPPLY_CURRENT_NOW,
    PERFADAPT__SUPPLY_VOLTAGE_NOW,
    PERFADAPT__SUPPLY_ONLINE,
    PERFADAPT__SUPPLY_PRESENT,
    PERFADAPT__SUPPLY_FIGURE_COUNT
};

extern const char *const perfadapt__supply_figure_files[PERFADAPT__SUPPLY_FIGURE_COUNT];

struct perfadapt__supply {
    enum perfadapt__supply_kind kind;
    enum perfadapt__supply_status status;
    bool of_device; /* of a mouse or a pen, not of the machine */
    uint32_t known; /* bit 1 << enum perfadapt__supply_figure */
    int64_t figures[PERFADAPT__SUPPLY_FIGURE_COUNT];
};

/* Adds what the uevent says; the rest of *supply stays. Any text. */
void perfadapt__supply_parse(const char *uevent, struct perfadapt__supply *supply);

enum perfadapt__supply_kind perfadapt__supply_kind_of(const char *type);
enum perfadapt__supply_status perfadapt__supply_status_of(const char *status);

/* Charge, 0 … 1, and the energy that 1 stands for in Wh (NAN unknown): false where it is not known. */
bool perfadapt__supply_charge(const struct perfadapt__supply *battery, double *out_ratio, double *out_full_wh);

/* W out of the battery; false where it is not known: a battery that discharges gives more than 0. */
bool perfadapt__supply_watts(const struct perfadapt__supply *battery, double *out_watts);

/* A battery that is in the machine, and not in a mouse. */
bool perfadapt__supply_is_battery(const struct perfadapt__supply *supply);

/* 1 on mains, 0 on battery, -1 where neither can be told. */
int perfadapt__supply_on_ac(const struct perfadapt__supply *supplies, size_t count);

#endif
