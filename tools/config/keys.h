/* Every key there is, as a list and as the manual page perfadapt.ini(5). SPDX-License-Identifier: MIT */
#ifndef PERFADAPT_TOOLS_CONFIG_KEYS_H
#define PERFADAPT_TOOLS_CONFIG_KEYS_H

#include <stdio.h>

/* By section, two lines a key. */
void config_keys_print(FILE *stream);

/* The page's source, in roff. */
void config_keys_print_man(FILE *stream);

#endif
