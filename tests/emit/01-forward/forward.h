/* The embedding API of main.weft. Made by weft 0.1.0; do not edit: change the program, then
 *     weft build --emit c -o DIR main.weft
 */
#ifndef FORWARD_H
#define FORWARD_H

#include <weft/weft.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An instance of the program: calls come from the thread that turns it, unless it is said otherwise. */
struct forward;

extern const struct weft_program_info forward_program;

/* `options` may be NULL. On failure `error`, if not NULL, gets a text to free(). */
enum weft_status forward_create(const struct weft_options *options, struct forward **program,
		char **error);
void forward_destroy(struct forward *program);
/* Turns until it has drained. */
enum weft_status forward_run(struct forward *program);
/* One turn, for a loop of your own: when the descriptor is readable. Waits at most `timeout_ms`; WEFT_END: it has drained. */
enum weft_status forward_turn(struct forward *program, int timeout_ms);
int forward_descriptor(const struct forward *program);
/* Begins to drain. Like _post: from any thread. */
void forward_stop(struct forward *program);
/* Calls `call(argument)` in the instance's thread, at its next turn. */
enum weft_status forward_post(struct forward *program, void (*call)(void *argument),
		void *argument);

/* What became of an instance of a rule: the column `state` of its observed row. */
enum forward_state_tag {
	FORWARD_STATE_PENDING,
	FORWARD_STATE_OPEN,
	FORWARD_STATE_FAILED,
	FORWARD_STATE_DRAINING,
};
struct forward_state {
	enum forward_state_tag tag;
	union {
		struct {
			struct weft_text item0;
		} pending;
		struct {
			struct weft_text item0;
		} failed;
	} as;
};

struct forward_web {
	struct forward_state state;
};

/* ---- web ---- */
/* NULL: there is none. Valid until the next turn, like what _list gives. */
const struct forward_web *forward_web_get(struct forward *program);
size_t forward_web_list(struct forward *program, const struct forward_web **rows);
/* The rows that are there at once, then the net changes of each transaction: `before` is NULL for a new row, `after` for one that went. */
typedef void forward_web_watch_fn(void *user, struct forward *program,
		const struct forward_web *before, const struct forward_web *after);
enum weft_status forward_web_watch(struct forward *program, forward_web_watch_fn *call);
void forward_web_unwatch(struct forward *program, forward_web_watch_fn *call);

/* Runs a connected socket through the listener's handler, as if it had accepted it; then it is the program's. */
enum weft_status forward_web_adopt(struct forward *program, int descriptor);
/* A connection to `to` without a socket: the handler decides about it, and is at the stream's other end. */
enum weft_status forward_web_dial(struct forward *program, struct weft_addr to,
		struct weft_stream **stream);

#ifdef __cplusplus
}
#endif
#endif
