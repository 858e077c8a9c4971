/* SPDX-License-Identifier: MIT */
#include "device/identity.h"

#include "device/name.h"
#include "providers/kernel_file.h"
#include "providers/line_reader.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define DMI "/sys/class/dmi/id"
#define LINES_MAX 1024 /* of /proc/cpuinfo: names stand in the first block, or behind the last of a small machine */

/* ---- DMI ---- */

/* As boards are seen to say it; capitals differ between firmwares. */
static const char *const placeholders[] = {
    "to be filled by o.e.m.",
    "to be filled by oem",
    "default string",
    "default",
    "system product name",
    "system manufacturer",
    "system name",
    "product name",
    "system_product_name",
    "system_manufacturer",
    "oem",
    "o.e.m.",
    "oem_product_name",
    "not applicable",
    "not specified",
    "not available",
    "not defined",
    "undefined",
    "unknown",
    "none",
    "n/a",
    "n.a.",
    "na",
    "null",
    "invalid",
    "empty",
    "all series",
    "base board product name",
    "standard",
    "type1productconfigid",
    "type2 - board product name1",
    "type2 - board product name",
};

/* "..........", "xxxxxxxx", "0123456789". */
static bool says_nothing(const char *name) {
    bool same = true;
    bool counts = true;
    for (size_t i = 1; name[0] && name[i]; i++) {
        same &= name[i] == name[0];
        counts &= name[i] == name[i - 1] + 1 || (name[i] == '0' && name[i - 1] == '9');
    }
    return !name[0] || ((same || counts) && (strlen(name) > 2 || strchr("-.?*0", name[0])));
}

bool perfadapt__identity_is_placeholder(const char *name) {
    for (size_t i = 0; i < sizeof placeholders / sizeof placeholders[0]; i++)
        if (strcasecmp(name, placeholders[i]) == 0)
            return true;
    return says_nothing(name);
}

static void read_dmi_name(const struct perfadapt__root *root, const char *path, char *out, size_t capacity) {
    perfadapt__name_read(root, path, out, capacity);
    if (perfadapt__identity_is_placeholder(out))
        out[0] = '\0';
}

static uint32_t read_chassis(const struct perfadapt__root *root) {
    char text[16];
    int64_t number;
    const ssize_t length = perfadapt__fs_read_once(root, DMI "/chassis_type", text, sizeof text);
    if (perfadapt__kernel_file_number(text, length, sizeof text, &number) != PERFADAPT_WHY_NONE)
        return 0;
    /* Bit 7 says whether there is a lock (DSP0134, 7.4); the kernel passes the byte as it is. */
    return number > 0 && number <= 0xff ? (uint32_t)number & 0x7f : 0;
}

/* ---- device tree ---- */

static ssize_t read_tree(const struct perfadapt__root *root, const char *property, char *out, size_t capacity) {
    static const char *const bases[] = {"/proc/device-tree", "/sys/firmware/devicetree/base"};
    ssize_t length = -1;
    for (size_t i = 0; i < 2 && length <= 0; i++) {
        char path[96];
        snprintf(path, sizeof path, "%s/%s", bases[i], property);
        length = perfadapt__fs_read_once(root, path, out, capacity);
    }
    return length > 0 ? length : 0;
}

static void read_device_tree(const struct perfadapt__root *root, struct perfadapt__identity *identity,
                             struct perfadapt_system *system) {
    char text[32];
    identity->tree_length = (size_t)read_tree(root, "compatible", identity->tree, sizeof identity->tree);
    perfadapt__name_copy(identity->tree, identity->tree_length, system->device_tree, sizeof system->device_tree);
    const ssize_t length = read_tree(root, "chassis-type", text, sizeof text);
    perfadapt__name_copy(text, (size_t)length, identity->tree_chassis, sizeof identity->tree_chassis);
}

/* ---- /proc/cpuinfo ---- */

struct cpuinfo {
    char names[4][96]; /* by rank in keys below */
    bool has_flags;    /* x86: everything is in each block */
    bool has_hypervisor;
};

/* The best first. 32-bit ARM says "ARMv7 Processor rev 3" for a model name, and the name behind its last processor;
 * Raspberry Pis all say Hardware: BCM2835. */
static const char *const name_keys[4] = {"model name", "Model", "Hardware", "cpu model"};

static bool has_word(const char *text, const char *word) {
    const size_t length = strlen(word);
    for (const char *found = strstr(text, word); found; found = strstr(found + 1, word))
        if ((found == text || found[-1] == ' ') && (found[length] == ' ' || found[length] == '\0'))
            return true;
    return false;
}

static void take_line(const char *line, struct cpuinfo *info) {
    const char *colon = strchr(line, ':');
    if (!colon)
        return;
    size_t key_length = (size_t)(colon - line);
    while (key_length > 0 && (line[key_length - 1] == ' ' || line[key_length - 1] == '\t'))
        key_length--;
    for (size_t i = 0; i < 4; i++)
        if (key_length == strlen(name_keys[i]) && strncasecmp(line, name_keys[i], key_length) == 0 &&
            (line[0] == name_keys[i][0] || i == 0) && !info->names[i][0])
            perfadapt__name_copy(colon + 1, strlen(colon + 1), info->names[i], sizeof info->names[i]);
    if (key_length == 5 && strncmp(line, "flags", 5) == 0) {
        info->has_flags = true;
        info->has_hypervisor = has_word(colon + 1, "hypervisor");
    }
}

/* The first block of x86 has it all, and the file has a block for each of hundreds of processors. */
static void read_cpuinfo(const struct perfadapt__root *root, struct cpuinfo *info) {
    struct perfadapt__line_reader lines;
    perfadapt__line_reader_init(&lines, perfadapt__root_openat(root, "/proc/cpuinfo", O_RDONLY));
    if (lines.fd < 0)
        return;
    int left = LINES_MAX;
    for (char *line; left-- > 0 && (line = perfadapt__line_reader_next(&lines));) {
        if (!*line && info->has_flags)
            break;
        take_line(line, info);
    }
    close(lines.fd);
}

static const char *choose_name(const struct cpuinfo *info) {
    const bool poor = strncmp(info->names[0], "ARMv", 4) == 0;
    for (size_t i = poor; i < 4; i++)
        if (info->names[i][0] && !perfadapt__identity_is_placeholder(info->names[i]))
            return info->names[i];
    return info->names[0];
}

/* ---- guests ---- */

static bool has_text(const struct perfadapt__root *root, const char *path, const char *wanted) {
    char text[256];
    perfadapt__name_read(root, path, text, sizeof text);
    return strcasestr(text, wanted) != NULL;
}

/*
 * Xen's first domain sees the machine as it is, and yet the hypervisor below. Windows' subsystem for Linux runs in a
 * guest, too, whose kernel's release says whose it is ("5.15.90.1-microsoft-standard-WSL2").
 */
static bool is_guest(const struct perfadapt__root *root, bool has_hypervisor) {
    if (has_text(root, "/proc/xen/capabilities", "control_d"))
        return false;
    return has_hypervisor || has_text(root, "/sys/hypervisor/type", "xen") ||
           has_text(root, "/proc/sys/kernel/osrelease", "microsoft");
}

void perfadapt__identity_read(const struct perfadapt__root *root, struct perfadapt__identity *out_identity,
                              struct perfadapt_system *system) {
    struct cpuinfo info = {0};
    *out_identity = (struct perfadapt__identity){0};
    read_dmi_name(root, DMI "/sys_vendor", system->vendor, sizeof system->vendor);
    read_dmi_name(root, DMI "/product_name", system->product, sizeof system->product);
    read_dmi_name(root, DMI "/board_name", system->board, sizeof system->board);
    out_identity->chassis = read_chassis(root);
    read_device_tree(root, out_identity, system);
    read_cpuinfo(root, &info);
    snprintf(system->processor, sizeof system->processor, "%s", choose_name(&info));
    out_identity->is_guest = is_guest(root, info.has_hypervisor);
}
