/* The terminal: taken and given back, colours and glyphs. SPDX-License-Identifier: MIT */
#include "screen.h"

#include <langinfo.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <termios.h>
#include <unistd.h>

#include <curses.h>
#include <term.h>

enum { ROWS_MAX = 1000, COLUMNS_MAX = 2000, REPORT_US = 200000 };

/*
 * Blue to orange is told apart with every common kind of colour vision; letters say the same. Each of the 256 has a
 * contrast of 3 or more to black and to white, as nobody can ask what lies behind it. Of the 8, yellow has not.
 */
struct look {
    short colour_256, colour_8;
    attr_t with_colour, without;
};

static const struct look looks[STYLE_COUNT] = {
    [STYLE_NORMAL] = {-1, -1, A_NORMAL, A_NORMAL},
    [STYLE_DIM] = {244, -1, A_NORMAL, A_NORMAL},
    [STYLE_STRONG] = {-1, -1, A_BOLD, A_BOLD},
    [STYLE_BORDER] = {242, COLOR_BLUE, A_NORMAL, A_NORMAL},
    [STYLE_COOL] = {33, COLOR_CYAN, A_NORMAL, A_NORMAL},
    [STYLE_WARM] = {136, -1, A_NORMAL, A_NORMAL},
    [STYLE_HOT] = {166, COLOR_RED, A_BOLD, A_BOLD},
    [STYLE_CRITICAL] = {202, COLOR_RED, A_BOLD | A_REVERSE, A_BOLD | A_REVERSE},
    [STYLE_SELECTED] = {-1, -1, A_REVERSE, A_REVERSE},
    [STYLE_LIMIT] = {166, COLOR_RED, A_NORMAL, A_NORMAL},
    [STYLE_SERIES_1] = {33, COLOR_CYAN, A_NORMAL, A_NORMAL},
    [STYLE_SERIES_2] = {136, COLOR_MAGENTA, A_NORMAL, A_NORMAL},
    [STYLE_SERIES_3] = {245, -1, A_NORMAL, A_NORMAL},
};

static struct {
    bool taken;
    bool colours;
    const char *name; /* TERM, as it was checked */
    SCREEN *screen;
    struct termios before; /* for the handler of crashes, which must not call ncurses */
    char leave[96];
    size_t leave_length;
} terminal;

/* The fonts of the Linux console have lines, but no dots to plot with. */
bool screen_is_ascii(const struct options *options) {
    const char *name = getenv("TERM");
    const bool console = name != NULL && strcmp(name, "linux") == 0;
    return options->ascii || console || strcasecmp(nl_langinfo(CODESET), "UTF-8") != 0;
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
    /* ncurses keeps to itself how it switched the mouse on: off again in every way it may have used */
    static const char mouse_off[] = "\033[?1006;1000l";
    const char *mouse = tigetstr("kmous");
    const bool has_mouse = mouse != NULL && mouse != (char *)-1;
    const char *parts[] = {tigetstr("sgr0"), tigetstr("cnorm"), has_mouse ? mouse_off : NULL, tigetstr("rmcup")};
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
    return options->color != OPTIONS_COLOR_NEVER;
}

/* The same colour where the terminal wants red, green and blue: 6 levels of each, then 24 greys. */
static int direct_of(short colour_256) {
    static const int levels[] = {0, 95, 135, 175, 215, 255};
    if (colour_256 < 16) {
        return colour_256;
    }
    const int cube = colour_256 - 16;
    const int grey = 8 + 10 * (colour_256 - 232);
    return colour_256 >= 232 ? grey << 16 | grey << 8 | grey
                             : levels[cube / 36] << 16 | levels[cube / 6 % 6] << 8 | levels[cube % 6];
}

static int colour_of(const struct look *look) {
    if (COLORS < 256) {
        return look->colour_8;
    }
    return tigetflag("RGB") > 0 ? direct_of(look->colour_256) : look->colour_256;
}

static void start_colours(const struct options *options) {
    terminal.colours = colours_wanted(options) && has_colors() && start_color() == OK;
    if (!terminal.colours) {
        return;
    }
    const bool defaults = use_default_colors() == OK;
    for (int i = 0; i < STYLE_COUNT; ++i) {
        const int colour = colour_of(&looks[i]);
        init_extended_pair(i + 1, colour < 0 && !defaults ? COLOR_WHITE : colour, defaults ? -1 : COLOR_BLACK);
    }
}

static int terminal_error(const char *problem, const char *name) {
    fprintf(stderr, "perfadapt-top: %s%s; use --once, --batch, --json or --csv, or set TERM\n", problem, name);
    return EXIT_CODE_USAGE;
}

/* newterm() does not free all that it made where it fails. */
static bool is_known(const char *name) {
    int found = 0;
    if (setupterm(name, STDOUT_FILENO, &found) != OK) {
        return false;
    }
    del_curterm(cur_term);
    return true;
}

/* The terminal's variant by that name, "xterm-direct" of "xterm-256color"; NULL where there is none. */
static SCREEN *open_variant(const char *name, const char *ending) {
    char variant[96];
    const char *numbered = strstr(name, "-256color");
    const int stem = (int)(numbered != NULL ? (size_t)(numbered - name) : strlen(name));
    const int length = snprintf(variant, sizeof variant, "%.*s-%s", stem, name, ending);
    return length < (int)sizeof variant && is_known(variant) ? newterm(variant, stdout, stdin) : NULL;
}

/* COLORTERM is inherited by terminals in terminals that pass fewer colours on, but 256 pass everywhere. */
static bool more_colours_promised(const struct options *options) {
    const char *promise = getenv("COLORTERM");
    return options->color == OPTIONS_COLOR_AUTO && colours_wanted(options) && promise != NULL &&
           (strcmp(promise, "truecolor") == 0 || strcmp(promise, "24bit") == 0);
}

/* --color trusts the user over TERM: the terminal's variant with as many colours, where one is known. */
static SCREEN *open_terminal(const struct options *options, const char *name) {
    SCREEN *screen = NULL;
    const bool has_256 = strstr(name, "256color") != NULL || strstr(name, "-direct") != NULL;
    if (options->color == OPTIONS_COLOR_TRUE && strstr(name, "-direct") == NULL) {
        screen = open_variant(name, "direct");
    }
    if (screen == NULL && !has_256 && (options->color >= OPTIONS_COLOR_256 || more_colours_promised(options))) {
        screen = open_variant(name, "256color");
    }
    return screen != NULL ? screen : newterm(name, stdout, stdin);
}

/* It is printed in a line with others. */
static bool is_printable(const char *name) {
    for (; *name != '\0'; ++name) {
        if (*name <= ' ' || *name > '~') {
            return false;
        }
    }
    return true;
}

int screen_check(void) {
    const char *name = getenv("TERM");
    int found = 0;
    if (name == NULL || name[0] == '\0') {
        return terminal_error("TERM is not set", "");
    }
    if (!is_printable(name)) {
        return terminal_error("TERM holds more than the name of a terminal", "");
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
    terminal.name = name;
    return moves ? -1 : terminal_error("this terminal cannot place text: TERM=", name);
}

/* Until the screen was left once and taken again, ncurses writes after every move of the cursor; then once a frame. */
static void flush_once_a_frame(void) {
    endwin(); /* before there are colours, of which it would reset the palette */
    refresh();
}

/* Terminals send these too, whatever terminfo says. */
static void define_keys(void) {
    static const struct {
        const char *sequence;
        int key;
    } keys[] = {{"\033[A", KEY_UP},   {"\033[B", KEY_DOWN}, {"\033[C", KEY_RIGHT}, {"\033[D", KEY_LEFT},
                {"\033[H", KEY_HOME}, {"\033[F", KEY_END},  {"\033[1~", KEY_HOME}, {"\033[4~", KEY_END}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; ++i) {
        define_key(keys[i].sequence, keys[i].key);
    }
}

static void interrupt_read(int signal_number) {
    (void)signal_number;
}

/* Once a report of the mouse has begun ncurses waits for all of it, for ever where the rest is lost. */
int screen_key(void) {
    const struct itimerval patience = {.it_value.tv_usec = REPORT_US, .it_interval.tv_usec = REPORT_US};
    const struct itimerval none = {.it_value.tv_sec = 0};
    setitimer(ITIMER_REAL, &patience, NULL);
    const int key = getch();
    setitimer(ITIMER_REAL, &none, NULL);
    return key;
}

static void limit_reads(void) {
    struct sigaction action = {.sa_handler = interrupt_read}; /* nothing is taken up again */
    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, NULL);
}

int screen_start(const struct options *options) {
    tcgetattr(STDIN_FILENO, &terminal.before);
    /* On a console ncurses would load the library of that one's mouse, and ask its server. */
    setenv("NCURSES_GPM_TERMS", "", 0);
    terminal.screen = open_terminal(options, terminal.name);
    if (terminal.screen == NULL) {
        return terminal_error("the terminal cannot be used: TERM=", terminal.name);
    }
    terminal.taken = true;
    atexit(screen_stop);
    remember_leave();
    catch_crashes();
    limit_reads();
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    define_keys();
    nodelay(stdscr, TRUE);
    set_escdelay(25);
    typeahead(-1); /* a look at the keyboard for every few lines drawn */
    curs_set(0);
    flush_once_a_frame();
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

/* Any number can be told as a size; ncurses breaks at those that are no short. */
void screen_resize(void) {
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
        resizeterm(size.ws_row < ROWS_MAX ? size.ws_row : ROWS_MAX,
                   size.ws_col < COLUMNS_MAX ? size.ws_col : COLUMNS_MAX);
    }
}

void screen_style(enum screen_style style) {
    const attr_t attributes = terminal.colours ? looks[style].with_colour : looks[style].without;
    attr_set(attributes, terminal.colours ? (short)(style + 1) : 0, NULL);
}
