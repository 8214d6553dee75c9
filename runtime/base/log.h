/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * log.h: lines for the operator. A logger is a value that its owner hands down; there is no global
 * one.
 */
#ifndef WEFT_BASE_LOG_H
#define WEFT_BASE_LOG_H

#include <weft/weft.h>

struct weft_log {
	weft_log_fn *write; /* NULL: to standard error */
	void *user;
	enum weft_log_level level; /* lines below it are dropped */
};

/* One line without its newline; long ones are cut at 4 KiB. A NULL logger writes to standard error
 * from INFO on. */
void weft_log(const struct weft_log *, enum weft_log_level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
const char *weft_log_level_name(enum weft_log_level);
bool weft_log_level_parse(struct weft_text, enum weft_log_level *);

#endif
