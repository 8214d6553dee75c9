/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * compile.c: the passes, one call per line.
 */
#include "compile.h"

#include "parse.h"

#include <stdlib.h>
#include <unistd.h>

bool compile_open(struct compilation *c, struct text path, const char *argv0)
{
	const char *why;
	c->arena = arena_new();
	c->diags = diags_new(c->arena);
	c->stdlib = source_stdlib_directory(c->arena, argv0);
	c->source = source_load(c->arena, path, &why);
	if (!c->source) {
		fprintf(stderr, "weft: cannot read %.*s: %s\n", TEXT_ARG(path), why);
		return false;
	}
	c->file = parse_source(c->source, c->arena, c->diags);
	return true;
}

bool compile_check(struct compilation *c)
{
	/*
	 * Names of a declaration that did not parse are not known, so anything said about them
	 * would be a false follow-up.
	 */
	if (!diags_errors(c->diags) && check_program)
		c->program = check_program(c);
	return diags_errors(c->diags) == 0;
}

int compile_report(struct compilation *c, bool as_json)
{
	size_t errors = diags_printed_errors(c->diags), warnings = diags_warnings(c->diags);
	if (as_json) {
		diags_print_json(c->diags, stdout);
	} else {
		bool colour = isatty(STDERR_FILENO) && !getenv("NO_COLOR");
		diags_print(c->diags, stderr, colour);
		if (errors)
			fprintf(stderr, "\n%zu error%s in %.*s\n", errors, errors == 1 ? "" : "s",
				TEXT_ARG(c->source->path));
		else if (warnings)
			fputc('\n', stderr);
	}
	return errors ? 1 : 0;
}
