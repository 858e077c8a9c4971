/* perfadapt-top: shows what the machine and every adapting app do. SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <unistd.h>

#include "batch.h"
#include "dashboard.h"
#include "model.h"
#include "options.h"
#include "screen.h"

/* A closed standard stream would be the number of the next file opened, which then gets what is meant for the user. */
static void keep_standard_streams(void) {
    for (int fd = 0; fd <= STDERR_FILENO; ++fd) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != fd) {
            _exit(EXIT_CODE_ENVIRONMENT);
        }
    }
}

static int run_live(const struct options *options, bool ascii) {
    enum perfadapt_result result = PERFADAPT_OK;
    struct model *model = model_create(options, &result);
    if (model == NULL) {
        model_print_failure(options, result);
        return EXIT_CODE_ENVIRONMENT;
    }
    const int code = batch_run(model, options, ascii);
    model_destroy(model);
    return code;
}

static int run_batch(struct options *options, bool ascii) {
    if (!options->batch) {
        options->samples = 1;
    }
    return options->replay != NULL ? batch_replay(options, ascii) : run_live(options, ascii);
}

int main(int argc, char **argv) {
    struct options options;
    keep_standard_streams();
    signal(SIGPIPE, SIG_IGN); /* a reader that has seen enough is no failure */
    signal(SIGXFSZ, SIG_IGN); /* nor is a recording that may not grow: writing it tells so */
    setlocale(LC_CTYPE, "");  /* and no more: numbers are printed with a point */
    const int code = options_parse(argc, argv, &options);
    if (code >= 0) {
        return code;
    }
    const bool interactive = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    if (options.once || options.batch || options.json || options.csv || !interactive) {
        return run_batch(&options, screen_is_ascii(&options));
    }
    return dashboard_run(&options, screen_is_ascii(&options));
}
