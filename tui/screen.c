/* The terminal: taken and given back, colours and glyphs. SPDX-License-Identifier: MIT */
#include "screen.h"

#include <langinfo.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <curses.h>
#include <term.h>

/* Blue to orange is told apart with every common kind of colour vision; letters say the same. */
struct look {
    short colour_256, colour_8;
    attr_t with_colour, without;
};

static const struct look looks[STYLE_COUNT] = {
    [STYLE_NORMAL] = {-1, -1, A_NORMAL, A_NORMAL},
    [STYLE_DIM] = {246, -1, A_NORMAL, A_NORMAL},
    [STYLE_STRONG] = {-1, -1, A_BOLD, A_BOLD},
    [STYLE_BORDER] = {241, COLOR_BLUE, A_NORMAL, A_NORMAL},
    [STYLE_COOL] = {75, COLOR_CYAN, A_NORMAL, A_NORMAL},
    [STYLE_WARM] = {223, COLOR_YELLOW, A_NORMAL, A_NORMAL},
    [STYLE_HOT] = {214, COLOR_YELLOW, A_BOLD, A_BOLD},
    [STYLE_CRITICAL] = {202, COLOR_RED, A_BOLD | A_REVERSE, A_BOLD | A_REVERSE},
    [STYLE_SELECTED] = {-1, -1, A_REVERSE, A_REVERSE},
    [STYLE_LIMIT] = {208, COLOR_YELLOW, A_NORMAL, A_NORMAL},
    [STYLE_SERIES_1] = {75, COLOR_CYAN, A_NORMAL, A_NORMAL},
    [STYLE_SERIES_2] = {223, COLOR_YELLOW, A_NORMAL, A_NORMAL},
    [STYLE_SERIES_3] = {250, COLOR_WHITE, A_NORMAL, A_NORMAL},
};

static struct {
    bool taken;
    bool colours;
    SCREEN *screen;
    struct termios before; /* for the handler of crashes, which must not call ncurses */
    char leave[64];
    size_t leave_length;
} terminal;

bool screen_is_ascii(const struct options *options) {
    return options->ascii || strcasecmp(nl_langinfo(CODESET), "UTF-8") != 0;
}

/* A crash: give the terminal back with what is safe in a handler, then die of the signal as usual. */
static void handle_crash(int signal_number) {
    if (terminal.taken) {
        const ssize_t written = write(STDOUT_FILENO, terminal.leave, terminal.leave_length);
        (void)written;
        tcsetattr(STDIN_FILENO, TCSANOW, &terminal.before);
    }
    raise(signal_number);
}

static void catch_crashes(void) {
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT};
    struct sigaction action = {.sa_handler = handle_crash, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; ++i) {
        sigaction(signals[i], &action, NULL);
    }
}

static void remember_leave(void) {
    const char *parts[] = {tigetstr("sgr0"), tigetstr("cnorm"), tigetstr("rmcup")};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; ++i) {
        const bool usable = parts[i] != NULL && parts[i] != (char *)-1;
        const size_t length = usable ? strlen(parts[i]) : 0;
        if (terminal.leave_length + length <= sizeof terminal.leave) {
            memcpy(terminal.leave + terminal.leave_length, usable ? parts[i] : "", length);
            terminal.leave_length += length;
        }
    }
}

static bool colours_wanted(const struct options *options) {
    const char *no_color = getenv("NO_COLOR");
    if (options->color == OPTIONS_COLOR_AUTO) {
        return no_color == NULL || no_color[0] == '\0';
    }
    return options->color == OPTIONS_COLOR_256;
}

static void start_colours(const struct options *options) {
    terminal.colours = colours_wanted(options) && has_colors() && start_color() == OK;
    if (!terminal.colours) {
        return;
    }
    use_default_colors();
    for (int i = 0; i < STYLE_COUNT; ++i) {
        init_pair((short)(i + 1), COLORS >= 256 ? looks[i].colour_256 : looks[i].colour_8, -1);
    }
}

static int terminal_error(const char *problem, const char *name) {
    fprintf(stderr, "perfadapt-top: %s%s; use --once, --batch or --json, or set TERM\n", problem, name);
    return EXIT_CODE_USAGE;
}

/* --color=256 trusts the user over TERM: the variant of the terminal with 256 colours, where there is one. */
static SCREEN *open_terminal(const struct options *options, const char *name) {
    char variant[96];
    if (options->color == OPTIONS_COLOR_256 && strstr(name, "256") == NULL &&
        snprintf(variant, sizeof variant, "%s-256color", name) < (int)sizeof variant) {
        SCREEN *screen = newterm(variant, stdout, stdin);
        if (screen != NULL) {
            return screen;
        }
    }
    return newterm(name, stdout, stdin);
}

static int check_terminal(const char *name) {
    int found = 0;
    if (name == NULL || name[0] == '\0') {
        return terminal_error("TERM is not set", "");
    }
    if (strcmp(name, "dumb") == 0 || strcmp(name, "unknown") == 0) {
        return terminal_error("this terminal cannot place text: TERM=", name);
    }
    if (setupterm(name, STDOUT_FILENO, &found) != OK) {
        return terminal_error("nothing is known about this terminal: TERM=", name);
    }
    const char *move = tigetstr("cup");
    const bool moves = move != NULL && move != (char *)-1;
    del_curterm(cur_term);
    return moves ? -1 : terminal_error("this terminal cannot place text: TERM=", name);
}

int screen_start(const struct options *options) {
    const char *name = getenv("TERM");
    const int code = check_terminal(name);
    if (code >= 0) {
        return code;
    }
    tcgetattr(STDIN_FILENO, &terminal.before);
    terminal.screen = open_terminal(options, name);
    if (terminal.screen == NULL) {
        return terminal_error("the terminal cannot be used: TERM=", name);
    }
    terminal.taken = true;
    atexit(screen_stop);
    remember_leave();
    catch_crashes();
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    define_key("\033[A", KEY_UP); /* terminals send these too, whatever terminfo says */
    define_key("\033[B", KEY_DOWN);
    define_key("\033[F", KEY_END);
    define_key("\033[H", KEY_HOME);
    nodelay(stdscr, TRUE);
    set_escdelay(25);
    typeahead(-1); /* a look at the keyboard for every few lines drawn */
    curs_set(0);
    start_colours(options);
    return -1;
}

void screen_stop(void) {
    if (!terminal.taken) {
        return;
    }
    terminal.taken = false;
    endwin();
    delscreen(terminal.screen);
}

void screen_resize(void) {
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
        resizeterm(size.ws_row, size.ws_col);
    }
}

void screen_style(enum screen_style style) {
    const attr_t attributes = terminal.colours ? looks[style].with_colour : looks[style].without;
    attr_set(attributes, terminal.colours ? (short)(style + 1) : 0, NULL);
}
