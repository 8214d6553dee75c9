/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * fmt.c: the canonical style.
 */
#include "compile.h"

int command_fmt(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	fputs("weft: `fmt` is not in this version\n", stderr);
	return 2;
}
