/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * weft.h: what an application sees of the runtime: an instance of a compiled program, its turn, and
 * byte streams. The generated header of a program adds its typed rows, get/list/watch, put/delete,
 * adopt and dial. No global state: two programs, and two instances of one, live in one process.
 * Unless said otherwise everything is called from the thread that calls weft_turn ("the instance's
 * thread").
 */
#ifndef WEFT_WEFT_H
#define WEFT_WEFT_H

#include <weft/abi/value.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEFT_VERSION "0.1.0"

struct weft_program_info; /* of the generated C */
struct weft_program_head; /* an instance; generated functions give and take it under its own struct
			     name */

enum weft_log_level { WEFT_LOG_DEBUG, WEFT_LOG_INFO, WEFT_LOG_WARN, WEFT_LOG_ERROR };
typedef void weft_log_fn(void *user, enum weft_log_level, struct weft_text line);

struct weft_setting {
	const char *name, *value;
};

/* Fields that are zero have the stated default. */
struct weft_options {
	size_t size;           /* sizeof(struct weft_options): what the caller knows of */
	const char *manifests; /* directory for `from kubernetes`; NULL: none */
	const struct weft_setting *settings; /* --set name=value */
	size_t setting_count;
	unsigned workers;    /* threads for connections; 0: none, weft_turn drives everything */
	bool signals;        /* SIGTERM and SIGINT drain, a second one stops now */
	const char *backend; /* "io_uring", "epoll"; NULL: io_uring where it works */
	const char *admin;   /* path of the Unix socket for status and watch; NULL: none */
	int64_t drain;       /* nanoseconds for a graceful stop; 0: 30 s */
	weft_log_fn *log;    /* from any thread. NULL: to standard error */
	int check_fd; /* with has_check: each transaction and its result go here as JSON lines
			 (--check) */
	bool has_check;
	void *user;         /* handed to every callback */
	const char *record; /* reserved */
	enum weft_log_level
		log_level; /* with has_log_level: lines below it are dropped; else below INFO */
	bool has_log_level;
};

/* On failure `error` (if not NULL) gets a text that names the thing and the place, to be freed with
 * free(). */
enum weft_status weft_create(const struct weft_program_info *, const struct weft_options *,
	void **program, char **error);
void weft_destroy(void *program);
/* Turns until drained; 0 or an error. */
enum weft_status weft_run(void *program);
/* One turn: waits at most `timeout_ms` (-1: for ever, 0: not at all). WEFT_END when a stop has
 * finished. From another thread than the first turn's: WEFT_WRONG_THREAD. */
enum weft_status weft_turn(void *program, int timeout_ms);
/* Readable whenever a turn has something to do: for the application's own poll loop. */
int weft_descriptor(const void *program);
void weft_stop(void *program);     /* begins to drain: from any thread, and from a signal handler */
void weft_stop_now(void *program); /* likewise: resets what is open */
/* Runs `call(argument)` in the instance's thread at its next turn: from any thread. */
enum weft_status weft_post(void *program, void (*call)(void *argument), void *argument);
const char *weft_status_name(enum weft_status); /* "in use" */
/* The whole of a built program's main: reads its options (--help tells them), runs, and gives the
 * exit code: 0 ended cleanly, 1 failed while running, 2 wrong options or params. */
int weft_main(const struct weft_program_info *, int argc, char **argv);

/* ---- values in public rows; pointers are valid until the next turn ---- */
struct weft_pair {
	struct weft_text key, value;
};
struct weft_pairs { /* labels; sorted by key in rows that come out */
	const struct weft_pair *items;
	size_t count;
};
struct weft_match {
	struct weft_text key;
	uint32_t op; /* enum weft_selector_operator */
	const struct weft_text *values;
	size_t value_count;
};
struct weft_label_selector {
	uint32_t kind;                  /* enum weft_selector_kind */
	const struct weft_match *items; /* with WEFT_SELECTOR_MATCH */
	size_t count;
};

/* ---- streams: sockets, in-memory pairs, later TLS and HBONE ---- */
struct weft_stream;
struct weft_lease { /* bytes lent to the receiver: give each back, in order, with weft_stream_return
		     */
	const void *data;
	size_t size;
	uint32_t token;
};
struct weft_stream_events {
	/* size 0 and status OK: the peer shut its sending side; a reset may follow. After an error
	 * nothing more comes. */
	void (*received)(void *user, struct weft_stream *, struct weft_lease, enum weft_status);
	void (*sent)(void *user, struct weft_stream *, size_t size,
		enum weft_status); /* the whole send is done, or failed */
	void (*paused)(
		void *user, struct weft_stream *); /* no byte is in flight towards `received` */
	void (*closed)(void *user,
		struct weft_stream *); /* the last call for this stream; its memory goes after it */
};
void weft_stream_listen_to(struct weft_stream *, const struct weft_stream_events *, void *user);
void weft_stream_receive(struct weft_stream *); /* arms: `received` is called until pause */
void weft_stream_pause(struct weft_stream *);
void weft_stream_return(struct weft_stream *, struct weft_lease);
/* One send at a time; the bytes stay the caller's and must live until `sent`. */
enum weft_status weft_stream_send(struct weft_stream *, const void *data, size_t size);
void weft_stream_shut(
	struct weft_stream *); /* half-close: no more sends, after the one in flight */
void weft_stream_close(struct weft_stream *);       /* orderly; `closed` follows */
void weft_stream_abort(struct weft_stream *);       /* reset; `closed` follows */
int weft_stream_handle(const struct weft_stream *); /* the socket, or -1 */
struct weft_addr weft_stream_remote(const struct weft_stream *);

/* ---- connections of the application's own, through a listener's handler; the generated header
 * wraps both per listener ---- `rule` counts the program's rules from 0; `key` is a row of the
 * rule's table with its key columns set, NULL without key. NOT_FOUND: the listener is not open. */
/* Runs a connected stream socket through the handler as if it had been accepted; the descriptor is
 * the runtime's from then on. */
enum weft_status weft_adopt(void *program, unsigned rule, const void *key, int descriptor);
/* A connection without a socket: the handler sees `to` as conn.original_dst and decides; the
 * application talks at `*stream`, which is its own, and sees a reset when the handler denies. */
enum weft_status weft_dial(void *program, unsigned rule, const void *key, struct weft_addr to,
	struct weft_stream **stream);

#ifdef __cplusplus
}
#endif
#endif
