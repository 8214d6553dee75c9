/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * repair.c: the message about a syntax error.
 */
#include "repair.h"

void report_mistake(const struct mistake *m)
{
	struct diag *d = diag_new(m->diags, DIAG_SYNTAX, token_span(m->source, m->token), "this cannot come here");
	struct text found = token_text(m->source, m->token);
	diag_title(d, text_format(m->arena, "unexpected `%.*s`", TEXT_ARG(found)));
}
