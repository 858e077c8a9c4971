/* perfadapt sensors: what the library reads of a machine, once or again and again. SPDX-License-Identifier: MIT */
#include "command.h"
#include "sensors/document.h"
#include "sensors/options.h"
#include "sensors/report.h"
#include "sensors/sample.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

/* What is known as the difference of two readings needs two of them; the sampler makes one a second. */
static const int64_t second_reading_ns = INT64_C(1000000000);

static bool is_recorded(const struct sensors_options *options) {
    return options->sysroot && strcmp(options->sysroot, "/") != 0;
}

static bool print(const struct sensors_options *options, const struct perfadapt_snapshot *snapshot) {
    if (options->json)
        return sensors_document_print(snapshot, stdout);
    const struct sensors_report_style style = {.all = options->all, .utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0};
    sensors_report_print(snapshot, &style, stdout);
    return true;
}

/* Ends with the first output that does not arrive; main() says so. */
static int watch(const struct sensors_options *options, perfadapt_monitor *monitor,
                 struct perfadapt_snapshot *snapshot) {
    for (;;) {
        if (!print(options, snapshot))
            return EXIT_CODE_ENVIRONMENT;
        if (!options->watch_ns || fflush(stdout) != 0 || ferror(stdout))
            return EXIT_CODE_OK;
        if (!sensors_sample_later(monitor, options->watch_ns, snapshot))
            return EXIT_CODE_ENVIRONMENT;
        if (!options->json)
            putchar('\n');
    }
}

static int run(const struct sensors_options *options, perfadapt_monitor *monitor) {
    static struct perfadapt_snapshot snapshot; /* large for a stack */
    if (!sensors_sample_first(monitor, &snapshot))
        return EXIT_CODE_ENVIRONMENT;
    /* A recorded machine stands still: there is nothing to wait for. */
    if (!is_recorded(options) && !sensors_sample_later(monitor, second_reading_ns, &snapshot))
        return EXIT_CODE_ENVIRONMENT;
    return watch(options, monitor, &snapshot);
}

int sensors_main(int argc, char **argv) {
    struct sensors_options options;
    if (!sensors_options_parse(argc, argv, &options))
        return EXIT_CODE_USAGE;
    if (options.help) {
        fputs(sensors_usage, stdout);
        return EXIT_CODE_OK;
    }
    setlocale(LC_CTYPE, ""); /* for the degree sign alone: numbers stay as they are */
    perfadapt_monitor *monitor = NULL;
    if (!sensors_sample_open(options.sysroot, &monitor))
        return EXIT_CODE_ENVIRONMENT;
    const int code = run(&options, monitor);
    perfadapt_monitor_close(&monitor);
    return code;
}
