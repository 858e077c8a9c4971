/* What the user keeps from one run to the next. SPDX-License-Identifier: MIT */
#include "setup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ini.h>

#include "app_order.h"
#include "layout.h"
#include "options.h"

/* A text that is read line by line, so that a handler can tell the line it is at. */
struct reading {
    FILE *file;
    int line;
    struct view *view;
    struct setup_problems *problems;
};

static const char blanks[] = " \t\r\f\v";

static const char *const pane_names[PANE_COUNT] = {[PANE_TEMPERATURES] = "temperatures",
                                                   [PANE_PRESSURE] = "pressure",
                                                   [PANE_APPS] = "apps",
                                                   [PANE_FRAMES] = "frames",
                                                   [PANE_EVENTS] = "events",
                                                   [PANE_DEVICES] = "devices"};

bool setup_path(char *out, size_t capacity) {
    static const char file[] = "perfadapt/top.ini";
    const char *config = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    int length = 0;
    if (config != NULL && config[0] == '/') {
        length = snprintf(out, capacity, "%s/%s", config, file);
    } else if (home != NULL && home[0] == '/') {
        length = snprintf(out, capacity, "%s/.config/%s", home, file);
    }
    return length > 0 && (size_t)length < capacity;
}

static bool take_period(const char *value, struct view *view) {
    char *end = NULL;
    const double period_s = strtod(value, &end);
    if (end == value || *end != '\0' || !(period_s >= OPTIONS_PERIOD_MIN_S && period_s <= OPTIONS_PERIOD_MAX_S)) {
        return false;
    }
    view->period_s = period_s;
    return true;
}

static bool take_sort(const char *value, struct view *view) {
    for (int i = 0; i < VIEW_SORT_COUNT; ++i) {
        if (strcasecmp(value, app_order_sort_name((enum view_sort)i)) == 0) {
            view->sort = (enum view_sort)i;
            return true;
        }
    }
    return false;
}

static bool take_either(const char *value, const char *no, const char *yes, bool *out) {
    if (strcasecmp(value, no) != 0 && strcasecmp(value, yes) != 0) {
        return false;
    }
    *out = strcasecmp(value, yes) == 0;
    return true;
}

static uint32_t pane_bit(const char *name, size_t length) {
    for (unsigned i = 0; i < PANE_COUNT; ++i) {
        if (pane_names[i] != NULL && strlen(pane_names[i]) == length && strncasecmp(pane_names[i], name, length) == 0) {
            return UINT32_C(1) << i;
        }
    }
    return 0;
}

static bool take_hidden(const char *value, struct view *view) {
    static const char between[] = ", \t";
    uint32_t hidden = 0;
    for (value += strspn(value, between); *value != '\0'; value += strspn(value, between)) {
        const size_t length = strcspn(value, between);
        const uint32_t bit = pane_bit(value, length);
        if (bit == 0) {
            return false;
        }
        hidden |= bit;
        value += length;
    }
    view->hidden = hidden;
    return true;
}

static void note_problem(struct reading *reading, const char *what, const char *word, const char *why) {
    setup_problem_add(reading->problems, reading->line, "%s \"%.40s\" %s", what, word, why);
}

/* What is wrong with a value, NULL where it was taken; *out_known = false: no such key. */
static const char *take_value(const char *key, const char *value, struct view *view, bool *out_known) {
    *out_known = true;
    if (strcmp(key, "period_s") == 0) {
        return take_period(value, view) ? NULL : "is not a number of seconds from 0.05 to 3600";
    }
    if (strcmp(key, "sort") == 0) {
        return take_sort(value, view) ? NULL : "is not age, name, fps, p99, used or level";
    }
    if (strcmp(key, "sort_reversed") == 0) {
        return take_either(value, "no", "yes", &view->sort_reversed) ? NULL : "is neither yes nor no";
    }
    if (strcmp(key, "frames") == 0) {
        return take_either(value, "ms", "fps", &view->frames_as_fps) ? NULL : "is neither ms nor fps";
    }
    if (strcmp(key, "hidden") == 0) {
        return take_hidden(value, view) ? NULL : "is not a list of panes";
    }
    *out_known = false;
    return NULL;
}

static int take(void *user, const char *section, const char *key, const char *value) {
    struct reading *reading = user;
    bool known = false;
    if (key == NULL || value == NULL) { /* some builds of inih tell new sections, and keys without a value */
        return key == NULL;
    }
    if (section[0] == '\0') {
        note_problem(reading, "key", key, "stands before [top]");
        return 1;
    }
    if (strcmp(section, "top") != 0) {
        note_problem(reading, "section", section, "is unknown");
        return 1;
    }
    const char *why = take_value(key, value, reading->view, &known);
    if (!known) {
        note_problem(reading, "key", key, "is unknown");
    } else if (why != NULL) {
        note_problem(reading, key, value, why);
    }
    return 1;
}

/* As inih takes a line apart, which names only the first that it cannot. */
static bool is_well_formed(const char *line) {
    const char *const marks = line[0] == '[' ? "]" : "=:";
    if (strchr(";#\n", line[0]) != NULL) { /* or there is nothing in it */
        return true;
    }
    for (const char *at = line; *at != '\0'; ++at) {
        const bool comment = *at == ';' && strchr(blanks, at[-1]) != NULL;
        if (comment || strchr(marks, *at) != NULL) {
            return !comment;
        }
    }
    return false;
}

/* Nothing of a line is read that is too long, or no line of a setup. */
static void drop_bad(struct reading *reading, char *line, bool too_long) {
    static const char byte_order_mark[] = "\xef\xbb\xbf"; /* some editors begin a file with it */
    const size_t mark = sizeof byte_order_mark - 1;
    const char *begin = reading->line == 1 && strncmp(line, byte_order_mark, mark) == 0 ? line + mark : line;
    if (!too_long && is_well_formed(begin)) {
        return;
    }
    line[strcspn(line, "\r\n")] = '\0';
    note_problem(reading, "line", begin, too_long ? "is too long" : "is neither [section] nor key = value");
    line[0] = '\0';
}

/* inih's fgets: cuts long lines and blanks, with which it would take a line for more of the one above. */
static char *give_line(char *out, int size, void *user) {
    struct reading *reading = user;
    if (fgets(out, size, reading->file) == NULL) {
        return NULL;
    }
    ++reading->line;
    const bool too_long = strchr(out, '\n') == NULL && !feof(reading->file);
    if (too_long) {
        for (int letter = getc(reading->file); letter != EOF && letter != '\n';) {
            letter = getc(reading->file);
        }
    }
    const size_t leading = strspn(out, blanks);
    memmove(out, out + leading, strlen(out + leading) + 1);
    drop_bad(reading, out, too_long);
    return out;
}

/* Never a pipe or a device, which would keep the program waiting. */
static FILE *open_regular(const char *path) {
    struct stat status;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return NULL;
    }
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        close(fd);
        errno = EINVAL;
        return NULL;
    }
    return fdopen(fd, "r");
}

void setup_read(const char *path, struct view *view, struct setup_problems *out_problems) {
    struct reading reading = {.file = open_regular(path), .view = view, .problems = out_problems};
    out_problems->count = 0;
    if (reading.file == NULL) {
        if (errno != ENOENT && errno != ENOTDIR) {
            setup_problem_add(out_problems, 0, "cannot be read: %s",
                              errno == EINVAL ? "not a regular file" : strerror(errno));
        }
        return;
    }
    ini_parse_stream(give_line, &reading, take, &reading); /* of its own errors it tells the first alone */
    fclose(reading.file);
}

/* The directories on the way to the file. */
static bool make_directories(const char *path) {
    char directory[SETUP_PATH_MAX];
    snprintf(directory, sizeof directory, "%s", path);
    for (char *slash = strchr(directory + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(directory, 0700) != 0 && errno != EEXIST) {
            return false;
        }
        *slash = '/';
    }
    return true;
}

static bool print_setup(FILE *file, const struct view *view) {
    fprintf(file,
            "# Written by perfadapt-top, key w.\n[top]\nperiod_s = %g\nsort = %s\nsort_reversed = %s\nframes = %s\n",
            view->period_s, app_order_sort_name(view->sort), view->sort_reversed ? "yes" : "no",
            view->frames_as_fps ? "fps" : "ms");
    fputs("hidden =", file);
    const char *between = " ";
    for (unsigned i = 0; i < PANE_COUNT; ++i) {
        if (pane_names[i] != NULL && (view->hidden & UINT32_C(1) << i) != 0) {
            fprintf(file, "%s%s", between, pane_names[i]);
            between = ", ";
        }
    }
    fputs("\n", file);
    return fflush(file) == 0 && ferror(file) == 0 && fsync(fileno(file)) == 0;
}

static bool replace(const char *path, const struct view *view) {
    char temporary[SETUP_PATH_MAX + 8];
    snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    const int fd = mkstemp(temporary);
    if (fd < 0) {
        return false;
    }
    FILE *file = fdopen(fd, "w");
    bool written = file != NULL && print_setup(file, view);
    int error = errno;
    if (file != NULL) {
        fclose(file);
    } else {
        close(fd);
    }
    if (written && rename(temporary, path) != 0) {
        written = false;
        error = errno;
    }
    if (!written) {
        unlink(temporary);
        errno = error;
    }
    return written;
}

bool setup_write(const char *path, const struct view *view, char *problem, size_t capacity) {
    char target[PATH_MAX]; /* a link stays one: what it leads to is replaced */
    const bool linked = realpath(path, target) != NULL;
    problem[0] = '\0';
    if (make_directories(path) && replace(linked ? target : path, view)) {
        return true;
    }
    snprintf(problem, capacity, "cannot write %s: %s", path, strerror(errno));
    return false;
}
