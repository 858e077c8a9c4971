/* SPDX-License-Identifier: MIT */
#include "providers/rapl.h"

#include "core/clock.h"
#include "providers/kernel_file.h"

#include <stdio.h>
#include <string.h>

#define CLASS "/sys/class/powercap"

/* Since 2020 only root may read energies (CVE-2020-8694): that is how it stays, mostly. */
static const int64_t denied_pause_ns = 60 * PERFADAPT__NS_PER_S;
/* The smallest counters start anew after some minutes of full power. */
static const int64_t longest_interval_ns = 120 * PERFADAPT__NS_PER_S;
static const int64_t shortest_interval_ns = 100 * PERFADAPT__NS_PER_MS;
static const double watts_most = 5000;

static ssize_t read_file(const struct perfadapt__rapl *self, uint32_t number, const char *file, char *out,
                         size_t capacity) {
    char path[96];
    snprintf(path, sizeof path, CLASS "/intel-rapl:%u/%s", (unsigned)number, file);
    return perfadapt__fs_read_once(self->root, path, out, capacity);
}

/* "psys" is the whole machine, "core" and "uncore" are parts: only packages are summed. */
static void consider(struct perfadapt__rapl *self, uint32_t number) {
    char text[32];
    if (read_file(self, number, "name", text, sizeof text) <= 0 || strncmp(text, "package", 7) != 0)
        return;
    struct perfadapt__rapl_domain *domain = &self->domains[self->count++];
    *domain = (struct perfadapt__rapl_domain){.number = number};
    perfadapt__kernel_number_init(&domain->file);
    const ssize_t length = read_file(self, number, "max_energy_range_uj", text, sizeof text);
    if (perfadapt__kernel_file_number(text, length, sizeof text, &domain->range_uj) != PERFADAPT_WHY_NONE)
        domain->range_uj = 0;
}

void perfadapt__rapl_init(struct perfadapt__rapl *self, const struct perfadapt__root *root,
                          struct perfadapt_snapshot *snapshot) {
    uint32_t numbers[PERFADAPT__RAPL_DOMAINS_MAX];
    *self = (struct perfadapt__rapl){.root = root};
    const ssize_t found =
        perfadapt__kernel_directory_numbers(root, CLASS, "intel-rapl:", "", numbers, PERFADAPT__RAPL_DOMAINS_MAX);
    for (ssize_t i = 0; i < found; i++)
        consider(self, numbers[i]);
    snapshot->power.package_power = perfadapt__metric_none(
        PERFADAPT_UNIT_WATT, self->count > 0 ? PERFADAPT_STATE_INIT : PERFADAPT_STATE_UNSUPPORTED);
}

void perfadapt__rapl_finish(struct perfadapt__rapl *self) {
    for (size_t i = 0; i < self->count; i++)
        perfadapt__kernel_number_close(&self->domains[i].file);
    self->count = 0;
}

static void forget(struct perfadapt__rapl *self) {
    self->read_ns = 0;
    for (size_t i = 0; i < self->count; i++)
        self->domains[i].known = false;
}

/* False where the energy since the last look cannot be told; the counter may have started anew once. */
static bool advance(struct perfadapt__rapl_domain *domain, int64_t energy_uj, double *out_uj) {
    const int64_t before_uj = domain->energy_uj;
    const bool known = domain->known;
    domain->energy_uj = energy_uj;
    domain->known = true;
    if (!known)
        return false;
    if (energy_uj >= before_uj) {
        *out_uj = (double)(energy_uj - before_uj);
        return true;
    }
    if (domain->range_uj < before_uj)
        return false;
    *out_uj = (double)(domain->range_uj - before_uj) + (double)energy_uj;
    return true;
}

static enum perfadapt_why sum_energies(struct perfadapt__rapl *self, int64_t now_ns, double *out_uj, bool *out_whole) {
    *out_uj = 0;
    *out_whole = true;
    for (size_t i = 0; i < self->count; i++) {
        struct perfadapt__rapl_domain *domain = &self->domains[i];
        int64_t energy_uj;
        double used_uj = 0;
        const enum perfadapt_why why = perfadapt__kernel_number_read(
            self->root, &domain->file, now_ns, &energy_uj, CLASS "/intel-rapl:%u/energy_uj", (unsigned)domain->number);
        if (why != PERFADAPT_WHY_NONE)
            return why;
        if (energy_uj < 0)
            return PERFADAPT_WHY_GARBAGE;
        *out_whole &= advance(domain, energy_uj, &used_uj);
        *out_uj += used_uj;
    }
    return PERFADAPT_WHY_NONE;
}

void perfadapt__rapl_read(struct perfadapt__rapl *self, const struct perfadapt__read_context *context,
                          struct perfadapt_snapshot *snapshot) {
    struct perfadapt_metric *power = &snapshot->power.package_power;
    const int64_t now_ns = context->now_ns;
    const int64_t passed_ns = now_ns - self->read_ns;
    if (self->count == 0 || now_ns < self->retry_ns || (self->read_ns != 0 && passed_ns < shortest_interval_ns))
        return;
    if (context->resumed || passed_ns > longest_interval_ns)
        forget(self);
    double used_uj;
    bool whole;
    const enum perfadapt_why why = sum_energies(self, now_ns, &used_uj, &whole);
    if (why != PERFADAPT_WHY_NONE) {
        if (why == PERFADAPT_WHY_DENIED)
            self->retry_ns = now_ns + denied_pause_ns;
        forget(self);
        perfadapt__metric_fail(power, PERFADAPT_STATE_ERROR);
        return;
    }
    const double watts = used_uj * 1e3 / (double)passed_ns;
    if (whole && self->read_ns != 0 && watts < watts_most)
        *power = perfadapt__metric_ok(watts, PERFADAPT_UNIT_WATT, now_ns);
    else
        perfadapt__metric_fail(power, PERFADAPT_STATE_INIT);
    self->read_ns = now_ns;
}
