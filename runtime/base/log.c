/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * log.c: formatting on the stack: a line can be written when memory has run out.
 */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static const char *const names[] = { "debug", "info", "warn", "error" };

const char *weft_log_level_name(enum weft_log_level level)
{
	return (unsigned)level < 4 ? names[level] : "info";
}

bool weft_log_level_parse(struct weft_text text, enum weft_log_level *level)
{
	for (unsigned i = 0; i < 4; i++) {
		if (!weft_text_equal(text, (struct weft_text){ names[i], strlen(names[i]) }))
			continue;
		*level = (enum weft_log_level)i;
		return true;
	}
	return false;
}

void weft_log(const struct weft_log *log, enum weft_log_level level, const char *format, ...)
{
	char line[4096];
	int size;
	va_list list;
	if (level < (log ? log->level : WEFT_LOG_INFO))
		return;
	va_start(list, format);
	if (log && log->write) {
		size = vsnprintf(line, sizeof(line), format, list);
	} else {
		int head = snprintf(line, sizeof(line), "%s: ", weft_log_level_name(level));
		size = vsnprintf(line + head, sizeof(line) - (size_t)head, format, list);
		size = size < 0 ? size : size + head;
	}
	va_end(list);
	if (size < 0)
		return;
	if ((size_t)size >= sizeof(line))
		size = (int)sizeof(line) - 1;
	if (log && log->write) {
		log->write(log->user, level, (struct weft_text){ line, (size_t)size });
		return;
	}
	line[size] =
		'\n'; /* over the NUL: one write per line, so that lines of threads do not mix */
	if (write(STDERR_FILENO, line, (size_t)size + 1) < 0)
		return; /* nobody reads: there is nowhere left to say it */
}
