/*
 * The configuration of one session: which files there are, in which order they count, and what they come to.
 * SPDX-License-Identifier: MIT
 *
 * In order, each later one winning key by key: what came with the library (machines/, perfadapt.ini), the
 * administrator's perfadapt.ini, the drop-ins of both in perfadapt.d by file name, the user's perfadapt.ini, the user's
 * drop-ins. A drop-in with the name of one in an earlier layer is read in its stead, where its own layer stands; an
 * empty one, or a link to /dev/null, masks it.
 * Within a file plain sections give way to [machine NAME] and those to [app NAME], wherever they stand.
 * A file that is broken is dropped as a whole, a key that is wrong alone; each is told with file and line.
 */
#ifndef PERFADAPT_CONFIG_LAYERS_H
#define PERFADAPT_CONFIG_LAYERS_H

#include "config/settings.h"
#include "core/fs.h"
#include "core/variables.h"

#include <perfadapt/perfadapt.h>
#include <stdint.h>

/* What [machine NAME] sections are matched with; NULL or 0 = unknown, which fits no pattern but an absent one. */
struct perfadapt__machine_facts {
    const char *dmi_vendor, *dmi_product, *dmi_board;
    const char *device_tree; /* all of /proc/device-tree/compatible, NUL-separated … */
    size_t device_tree_length;
    const char *host;
    struct {
        uint32_t vendor_id, device_id;
    } gpus[8];
    size_t gpu_count;
};

/*
 * One value that holds here, or one warning, as it was found. Values come in the order in which they count, so that the
 * last of a key is the one; those of a preset come last, and their section is "preset NAME", also those of its file.
 * `key` is as in the schema: "thermal.limit_c". NULL: a warning, its text in `value`; `line` 0: of the whole file.
 * Texts are there for the time of the call.
 */
typedef void perfadapt__layers_found(void *user, const char *path, unsigned line, const char *section, const char *key,
                                     const char *value);

struct perfadapt__layers_request {
    const struct perfadapt__root *root;           /* all paths but data_dir and config_dir are below it */
    const struct perfadapt__variables *variables; /* where the user's files are; NULL: the user's are not read */
    const char *data_dir;                         /* what came with the library; NULL = none */
    const char *config_dir;                       /* read in place of the administrator's and the user's; NULL = none */
    const char *app_name;                         /* for [app NAME] */
    const struct perfadapt__machine_facts *facts;
    const struct perfadapt_log *log; /* warnings; may be NULL */
    perfadapt__layers_found *found;  /* may be NULL */
    void *user;
};

/*
 * What a preset says (its file below data_dir/presets, then every layer's [preset NAME]) … and what the layers say.
 * preset.preset is the name of the preset that was read, "" where none was; settings.preset is "auto" where a layer
 * named one that is not known.
 */
struct perfadapt__layers {
    struct perfadapt__settings preset;
    struct perfadapt__settings settings;
};

/* Of a device that nothing is known of. */
#define PERFADAPT__PRESET_OF_UNKNOWN "low"

/*
 * Reads everything. `preset` is the one that fits the device ("" = none is wanted); policy.preset in the layers beats
 * it. NULL: nothing is known of the device. It is treated with the low preset's care, but not slowed: frame rate,
 * frames in flight and threads are left to the role and the machine. Never fails: what cannot be read is left out and
 * told.
 */
void perfadapt__layers_read(const struct perfadapt__layers_request *request, const char *preset,
                            struct perfadapt__layers *out_layers);

/*
 * One file as `perfadapt config --check` sees it: every warning to `found`, all sections looked at, whether they would
 * apply here or not. False where it could not be read at all. layers_check.c has it for tools: it is not in the
 * library.
 */
bool perfadapt__layers_check(const char *path, perfadapt__layers_found *found, void *user);

#endif
