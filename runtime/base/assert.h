/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * assert.h: 'ours is wrong'. On in every build; never reachable from network bytes or user data.
 * Before the process aborts, whoever registered on this thread prints its state, the innermost
 * first.
 */
#ifndef WEFT_BASE_ASSERT_H
#define WEFT_BASE_ASSERT_H

#include <weft/abi/value.h>

#define weft_assert(condition) \
	((condition) ? (void)0 : weft_assert_failed(__FILE__, __LINE__, __func__, #condition))
#define weft_unreachable() weft_assert_failed(__FILE__, __LINE__, __func__, "unreachable")

void weft_assert_failed(const char *file, int line, const char *function, const char *condition)
	__attribute__((noreturn, cold));

/* A frame on the stack of whoever wants its state in the message: enter before, leave behind the
 * work. */
struct weft_state_dump {
	void (*dump)(const void *subject, struct weft_buffer *);
	const void *subject;
	struct weft_state_dump *outer;
};
void weft_state_dump_enter(struct weft_state_dump *);
void weft_state_dump_leave(struct weft_state_dump *);

#endif
