/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * options.c: reads options, the same way for every command.
 */
#include "compile.h"

static bool fails(
	bool *failed, const char *command, const char *what, const char *argument, struct text near)
{
	fprintf(stderr, "weft %s: %s `%s`", command, what, argument);
	if (near.size)
		fprintf(stderr, "; did you mean `%.*s`?", TEXT_ARG(near));
	fprintf(stderr, "\nTry `weft %s --help`.\n", command);
	*failed = true;
	return false;
}

static bool unknown(bool *failed, char **argv, const char *argument, size_t size,
	const struct option *options, size_t count)
{
	struct text names[32] = { { NULL, 0 } };
	for (size_t i = 0; i < count && i < 32; i++)
		names[i] = text_of(options[i].name);
	struct text near =
		diag_look_alike((struct text){ argument, size }, names, count < 32 ? count : 32);
	return fails(failed, argv[0], "unknown option", argument, near);
}

bool option_next(int argc, char **argv, const struct option *options, size_t count, int *index,
	struct option_match *out, bool *failed)
{
	if (*index >= argc)
		return false;
	const char *argument = argv[*index];
	++*index;
	bool is_option = argument[0] == '-' && argument[1];
	for (int i = 1; i < *index - 1; i++)
		is_option = is_option && strcmp(argv[i], "--") != 0;
	if (is_option && strcmp(argument, "--") == 0)
		return option_next(argc, argv, options, count, index, out, failed);
	*out = (struct option_match){ NULL, argument };
	if (!is_option)
		return true;
	const char *equals = strchr(argument, '=');
	size_t size = equals ? (size_t)(equals - argument) : strlen(argument);
	for (size_t i = 0; i < count; i++) {
		if (!text_is((struct text){ argument, size }, options[i].name))
			continue;
		*out = (struct option_match){ &options[i], equals ? equals + 1 : NULL };
		if (!options[i].value && equals)
			return fails(
				failed, argv[0], "no value belongs to", options[i].name, TEXT(""));
		if (options[i].value && !equals) {
			if (*index >= argc)
				return fails(
					failed, argv[0], "a value must follow", argument, TEXT(""));
			out->value = argv[(*index)++];
		}
		return true;
	}
	return unknown(failed, argv, argument, size, options, count);
}
