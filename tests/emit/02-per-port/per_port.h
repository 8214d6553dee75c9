/* The embedding API of main.weft. Made by weft 0.1.0; do not edit: change the program, then
 *     weft build --emit c -o DIR main.weft
 */
#ifndef PER_PORT_H
#define PER_PORT_H

#include <weft/weft.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An instance of the program: calls come from the thread that turns it, unless it is said otherwise. */
struct per_port;

extern const struct weft_program_info per_port_program;

/* `options` may be NULL. On failure `error`, if not NULL, gets a text to free(). */
enum weft_status per_port_create(const struct weft_options *options, struct per_port **program,
		char **error);
void per_port_destroy(struct per_port *program);
/* Turns until it has drained. */
enum weft_status per_port_run(struct per_port *program);
/* One turn, for a loop of your own: when the descriptor is readable. Waits at most `timeout_ms`; WEFT_END: it has drained. */
enum weft_status per_port_turn(struct per_port *program, int timeout_ms);
int per_port_descriptor(const struct per_port *program);
/* Begins to drain. Like _post: from any thread. */
void per_port_stop(struct per_port *program);
/* Calls `call(argument)` in the instance's thread, at its next turn. */
enum weft_status per_port_post(struct per_port *program, void (*call)(void *argument),
		void *argument);

/* What is put between begin and commit arrives as one transaction; a put outside is one of its own. */
enum weft_status per_port_begin(struct per_port *program);
enum weft_status per_port_commit(struct per_port *program);
void per_port_rollback(struct per_port *program);

enum per_port_protocol_tag {
	PER_PORT_PROTOCOL_TCP,
	PER_PORT_PROTOCOL_UDP,
	PER_PORT_PROTOCOL_SCTP,
	PER_PORT_PROTOCOL_UNKNOWN,
};
struct per_port_protocol {
	enum per_port_protocol_tag tag;
	union {
		struct {
			struct weft_text item0;
		} unknown;
	} as;
};

struct per_port_service_port {
	uint16_t port;
	struct per_port_protocol protocol;
	struct weft_opt_port target_port;
};

struct per_port_service_port_list {
	const struct per_port_service_port *items;
	size_t count;
};

struct per_port_service {
	struct weft_text name;
	struct weft_text namespace_;
	struct weft_opt_int created;
	struct weft_label_selector selector;
	struct per_port_service_port_list ports;
};

/* ---- services ---- */
/* WEFT_INVALID: `why`, if not NULL, gets the reason. Inside of a watcher: in the next transaction. */
enum weft_status per_port_services_put(struct per_port *program, const struct per_port_service *row,
		const char **why);
enum weft_status per_port_services_delete(struct per_port *program, struct weft_text namespace_,
		struct weft_text name);
/* All rows that there are now have been put: what waits for them may begin. */
enum weft_status per_port_services_synced(struct per_port *program);
/* NULL: there is none. Valid until the next turn, like what _list gives. */
const struct per_port_service *per_port_services_get(struct per_port *program,
		struct weft_text namespace_, struct weft_text name);
size_t per_port_services_list(struct per_port *program, const struct per_port_service **rows);
/* The rows that are there at once, then the net changes of each transaction: `before` is NULL for a new row, `after` for one that went. */
typedef void per_port_services_watch_fn(void *user, struct per_port *program,
		const struct per_port_service *before, const struct per_port_service *after);
enum weft_status per_port_services_watch(struct per_port *program,
		per_port_services_watch_fn *call);
void per_port_services_unwatch(struct per_port *program, per_port_services_watch_fn *call);

/* What became of an instance of a rule: the column `state` of its observed row. */
enum per_port_state_tag {
	PER_PORT_STATE_PENDING,
	PER_PORT_STATE_OPEN,
	PER_PORT_STATE_FAILED,
	PER_PORT_STATE_DRAINING,
};
struct per_port_state {
	enum per_port_state_tag tag;
	union {
		struct {
			struct weft_text item0;
		} pending;
		struct {
			struct weft_text item0;
		} failed;
	} as;
};

struct per_port_per_port {
	uint16_t port;
	struct per_port_state state;
};

/* ---- per_port ---- */
/* NULL: there is none. Valid until the next turn, like what _list gives. */
const struct per_port_per_port *per_port_per_port_get(struct per_port *program, uint16_t port);
size_t per_port_per_port_list(struct per_port *program, const struct per_port_per_port **rows);
/* The rows that are there at once, then the net changes of each transaction: `before` is NULL for a new row, `after` for one that went. */
typedef void per_port_per_port_watch_fn(void *user, struct per_port *program,
		const struct per_port_per_port *before, const struct per_port_per_port *after);
enum weft_status per_port_per_port_watch(struct per_port *program,
		per_port_per_port_watch_fn *call);
void per_port_per_port_unwatch(struct per_port *program, per_port_per_port_watch_fn *call);

struct per_port_services_ref {
	struct weft_text namespace_;
	struct weft_text name;
};

struct per_port_ports {
	uint16_t port;
	uint16_t target;
	struct per_port_services_ref service;
};

/* ---- ports ---- */
/* NULL: there is none. Valid until the next turn, like what _list gives. */
const struct per_port_ports *per_port_ports_get(struct per_port *program, uint16_t port);
size_t per_port_ports_list(struct per_port *program, const struct per_port_ports **rows);
/* The rows that are there at once, then the net changes of each transaction: `before` is NULL for a new row, `after` for one that went. */
typedef void per_port_ports_watch_fn(void *user, struct per_port *program,
		const struct per_port_ports *before, const struct per_port_ports *after);
enum weft_status per_port_ports_watch(struct per_port *program, per_port_ports_watch_fn *call);
void per_port_ports_unwatch(struct per_port *program, per_port_ports_watch_fn *call);

/* Runs a connected socket through the listener's handler, as if it had accepted it; then it is the program's. */
enum weft_status per_port_per_port_adopt(struct per_port *program, uint16_t port, int descriptor);
/* A connection to `to` without a socket: the handler decides about it, and is at the stream's other end. */
enum weft_status per_port_per_port_dial(struct per_port *program, uint16_t port,
		struct weft_addr to, struct weft_stream **stream);

#ifdef __cplusplus
}
#endif
#endif
