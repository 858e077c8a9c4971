/* SPDX-License-Identifier: MIT */
#include "providers/supply.h"

#include "core/fs.h"

#include <math.h> /* NAN only: no libm is linked */
#include <string.h>

const char *const perfadapt__supply_figure_files[PERFADAPT__SUPPLY_FIGURE_COUNT] = {
    "energy_now", "energy_full", "charge_now",  "charge_full", "capacity",
    "power_now",  "current_now", "voltage_now", "online",      "present"};

static const char key_prefix[] = "POWER_SUPPLY_";
static const double watts_most = 1000;
static const double watt_hours_most = 10000;

enum perfadapt__supply_kind perfadapt__supply_kind_of(const char *type) {
    if (strncmp(type, "Battery", 7) == 0)
        return PERFADAPT__SUPPLY_BATTERY;
    /* USB, USB_C, USB_PD, USB_DCP …: since Linux 4.12 most are plain "USB". */
    const bool mains =
        strncmp(type, "Mains", 5) == 0 || strncmp(type, "USB", 3) == 0 || strncmp(type, "Wireless", 8) == 0;
    return mains ? PERFADAPT__SUPPLY_MAINS : PERFADAPT__SUPPLY_OTHER;
}

enum perfadapt__supply_status perfadapt__supply_status_of(const char *status) {
    if (strncmp(status, "Discharging", 11) == 0)
        return PERFADAPT__SUPPLY_STATUS_DISCHARGING;
    const bool resting = strncmp(status, "Charging", 8) == 0 || strncmp(status, "Full", 4) == 0 ||
                         strncmp(status, "Not charging", 12) == 0;
    return resting ? PERFADAPT__SUPPLY_STATUS_RESTING : PERFADAPT__SUPPLY_STATUS_UNKNOWN;
}

/* ---- the uevent ---- */

/* toupper() would go by the locale. */
static char upper(char letter) {
    return letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A') : letter;
}

/* "ENERGY_NOW" for energy_now: the value behind '=', or NULL. */
static const char *value_of(const char *key, const char *file) {
    size_t at = 0;
    while (file[at] && upper(file[at]) == key[at])
        at++;
    return file[at] == '\0' && key[at] == '=' ? key + at + 1 : NULL;
}

/* A number that ends the text without a line end may have been cut. */
static void parse_figure(const char *value, size_t figure, struct perfadapt__supply *supply) {
    int64_t number;
    if (!perfadapt__fs_parse_i64(&value, &number) || *value != '\n')
        return;
    supply->figures[figure] = number;
    supply->known |= UINT32_C(1) << figure;
}

static void parse_line(const char *key, struct perfadapt__supply *supply) {
    const char *value;
    if ((value = value_of(key, "type")))
        supply->kind = perfadapt__supply_kind_of(value);
    if ((value = value_of(key, "scope")))
        supply->of_device = strncmp(value, "Device", 6) == 0;
    if ((value = value_of(key, "status")))
        supply->status = perfadapt__supply_status_of(value);
    for (size_t i = 0; i < PERFADAPT__SUPPLY_FIGURE_COUNT; i++)
        if ((value = value_of(key, perfadapt__supply_figure_files[i])))
            parse_figure(value, i, supply);
}

void perfadapt__supply_parse(const char *uevent, struct perfadapt__supply *supply) {
    for (const char *line = uevent; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key_prefix, sizeof key_prefix - 1) == 0)
            parse_line(line + sizeof key_prefix - 1, supply);
    }
}

/* ---- what it means ---- */

static bool figure_of(const struct perfadapt__supply *supply, enum perfadapt__supply_figure figure, double *out) {
    if (!(supply->known & (UINT32_C(1) << figure)))
        return false;
    *out = (double)supply->figures[figure];
    return true;
}

static double clamp_ratio(double ratio) {
    return ratio < 1 ? ratio : 1; /* a worn battery can hold a little more than it believes */
}

/* Each kind of figures is taken only where it is whole and believable. */
static bool charge_of(double now, double full, double *out_ratio) {
    if (!(now >= 0 && full > 0 && now <= 2 * full))
        return false;
    *out_ratio = clamp_ratio(now / full);
    return true;
}

static double plausible_wh(double watt_hours) {
    return watt_hours > 0 && watt_hours < watt_hours_most ? watt_hours : (double)NAN;
}

bool perfadapt__supply_charge(const struct perfadapt__supply *battery, double *out_ratio, double *out_full_wh) {
    double now;
    double full;
    double volts;
    *out_full_wh = (double)NAN;
    if (figure_of(battery, PERFADAPT__SUPPLY_ENERGY_NOW, &now) &&
        figure_of(battery, PERFADAPT__SUPPLY_ENERGY_FULL, &full) && charge_of(now, full, out_ratio)) {
        *out_full_wh = plausible_wh(full / 1e6);
        return true;
    }
    if (figure_of(battery, PERFADAPT__SUPPLY_CHARGE_NOW, &now) &&
        figure_of(battery, PERFADAPT__SUPPLY_CHARGE_FULL, &full) && charge_of(now, full, out_ratio)) {
        if (figure_of(battery, PERFADAPT__SUPPLY_VOLTAGE_NOW, &volts))
            *out_full_wh = plausible_wh(full / 1e6 * (volts / 1e6));
        return true;
    }
    return figure_of(battery, PERFADAPT__SUPPLY_CAPACITY, &now) && now <= 100 && charge_of(now, 100, out_ratio);
}

static bool believable_watts(double watts, double *out_watts) {
    *out_watts = watts < 0 ? -watts : watts; /* some drivers count what flows out as negative */
    return *out_watts > 0 && *out_watts < watts_most;
}

bool perfadapt__supply_watts(const struct perfadapt__supply *battery, double *out_watts) {
    double power;
    double current;
    double voltage;
    if (battery->status == PERFADAPT__SUPPLY_STATUS_RESTING) {
        *out_watts = 0;
        return true;
    }
    if (battery->status != PERFADAPT__SUPPLY_STATUS_DISCHARGING)
        return false; /* the sign does not tell the direction */
    if (figure_of(battery, PERFADAPT__SUPPLY_POWER_NOW, &power) && believable_watts(power / 1e6, out_watts))
        return true;
    return figure_of(battery, PERFADAPT__SUPPLY_CURRENT_NOW, &current) &&
           figure_of(battery, PERFADAPT__SUPPLY_VOLTAGE_NOW, &voltage) &&
           believable_watts(current / 1e6 * (voltage / 1e6), out_watts);
}

bool perfadapt__supply_is_battery(const struct perfadapt__supply *supply) {
    double present;
    return supply->kind == PERFADAPT__SUPPLY_BATTERY && !supply->of_device &&
           !(figure_of(supply, PERFADAPT__SUPPLY_PRESENT, &present) && present < 1);
}

static int on_ac_of_batteries(const struct perfadapt__supply *supplies, size_t count) {
    int on_ac = -1;
    for (size_t i = 0; i < count; i++) {
        if (!perfadapt__supply_is_battery(&supplies[i]))
            continue;
        if (supplies[i].status == PERFADAPT__SUPPLY_STATUS_DISCHARGING)
            return 0;
        if (supplies[i].status == PERFADAPT__SUPPLY_STATUS_RESTING)
            on_ac = 1;
    }
    return on_ac;
}

/* A desktop's USB-C ports are supplies that are offline, too: without a battery it runs on mains all the same. */
int perfadapt__supply_on_ac(const struct perfadapt__supply *supplies, size_t count) {
    bool mains_known = false;
    bool has_battery = false;
    for (size_t i = 0; i < count; i++) {
        double online;
        has_battery |= perfadapt__supply_is_battery(&supplies[i]);
        if (supplies[i].kind != PERFADAPT__SUPPLY_MAINS || supplies[i].of_device ||
            !figure_of(&supplies[i], PERFADAPT__SUPPLY_ONLINE, &online))
            continue;
        mains_known = true;
        if (online >= 1) /* 2: online, and its voltage is programmable */
            return 1;
    }
    if (!has_battery)
        return -1;
    return mains_known ? 0 : on_ac_of_batteries(supplies, count);
}
