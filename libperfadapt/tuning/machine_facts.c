/* SPDX-License-Identifier: MIT */
#include "tuning/machine_facts.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

/* NULL where there is none: unknown. */
static const char *read_line(const struct perfadapt__root *root, const char *path, char *out, size_t capacity) {
    perfadapt__fs_read_once(root, path, out, capacity);
    perfadapt__fs_trim(out);
    return *out ? out : NULL;
}

/* Of the process's own UTS namespace; below another root, what a file says. */
static const char *read_host(const struct perfadapt__root *root, char *out, size_t capacity) {
    struct utsname name;
    if (root->confined || uname(&name) != 0)
        return read_line(root, "/proc/sys/kernel/hostname", out, capacity);
    snprintf(out, capacity, "%s", name.nodename);
    return *out ? out : NULL;
}

static void read_device_tree(const struct perfadapt__root *root, struct perfadapt__machine_facts_store *store) {
    static const char *const paths[] = {"/proc/device-tree/compatible", "/sys/firmware/devicetree/base/compatible"};
    ssize_t length = 0;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0] && length <= 0; i++)
        length = perfadapt__fs_read_once(root, paths[i], store->device_tree, sizeof store->device_tree);
    store->facts.device_tree = length > 0 ? store->device_tree : NULL;
    store->facts.device_tree_length = length > 0 ? (size_t)length : 0;
}

static void take_gpus(struct perfadapt__machine_facts *facts, const struct perfadapt__bus_gpu *gpus, size_t count) {
    const size_t most = sizeof facts->gpus / sizeof facts->gpus[0];
    for (size_t i = 0; i < count && facts->gpu_count < most; i++) {
        if (gpus[i].vendor_id == 0)
            continue;
        facts->gpus[facts->gpu_count].vendor_id = gpus[i].vendor_id;
        facts->gpus[facts->gpu_count++].device_id = gpus[i].device_id;
    }
}

void perfadapt__machine_facts_read(const struct perfadapt__root *root, const struct perfadapt__bus_gpu *gpus,
                                   size_t gpu_count, struct perfadapt__machine_facts_store *out_store) {
    struct perfadapt__machine_facts *facts = &out_store->facts;
    *facts = (struct perfadapt__machine_facts){0};
#define READ(member, file)                                                                                             \
    (facts->member = read_line(root, "/sys/class/dmi/id/" file, out_store->member, sizeof out_store->member))
    READ(dmi_vendor, "sys_vendor");
    READ(dmi_product, "product_name");
    READ(dmi_board, "board_name");
#undef READ
    facts->host = read_host(root, out_store->host, sizeof out_store->host);
    read_device_tree(root, out_store);
    take_gpus(facts, gpus, gpu_count);
}
