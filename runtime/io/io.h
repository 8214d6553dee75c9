/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * io.h: the contract between the reactor's back ends and the rest: sockets, listeners, foreign
 * descriptors, a clock and a wake-up. Three worlds stand behind it: io_uring.c, io_epoll.c, and
 * io_sim.c (seeded, in memory); io.c is the state machine that all three share. No foreign type
 * stands here.
 *
 * What holds for everything below:
 * - A weft_io belongs to one thread, that of its first weft_io_turn. Only weft_io_wake may be
 * called from others.
 * - Calls never call back. Callbacks come out of weft_io_turn only, and may call anything but it
 * and weft_io_destroy.
 * - Calls may come before the first turn and between turns; they take effect in the next turn.
 * - Each operation that was begun ends with exactly one callback; `closed` is the last one of an
 * object, and its pointer is dead after it. A completion that the kernel delivers later still is
 * recognised by its generation and dropped.
 * - An idle socket costs its struct: no buffer, no timer.
 */
#ifndef WEFT_IO_H
#define WEFT_IO_H

#include <weft/weft.h>

#define WEFT_IO_BUFFER_SIZE 32768u /* bytes of one receive buffer */
#define WEFT_IO_BUFFERS_FIRST 128u /* receive buffers at start; grown in steps of as many */
#define WEFT_IO_BUFFERS_MAX 2048u  /* and never beyond: 64 MiB */
#define WEFT_IO_COPIED_MAX \
	(64u << 20) /* bytes on loan outside of them, copied when most of them are on loan */
#define WEFT_IO_HELD_MAX \
	(128u * 1024u) /* bytes leased to one socket at which its receive stops by itself */
#define WEFT_IO_BACKLOG 1024

struct weft_io;          /* one reactor */
struct weft_io_socket;   /* a byte-stream socket, connected or about to be */
struct weft_io_listener; /* a listening socket */
struct weft_io_watch;    /* readiness of a descriptor that somebody else owns */
struct weft_sim;         /* a simulated world: sim.h */

struct weft_io_options {
	const char *backend;  /* "io_uring", "epoll", "sim"; NULL: io_uring if it works, else epoll
				 and a line in the log */
	unsigned entries;     /* of the submission queue; 0: 512 */
	uint32_t buffer_size; /* 0: WEFT_IO_BUFFER_SIZE */
	uint32_t buffers_first; /* a power of two; 0: WEFT_IO_BUFFERS_FIRST */
	uint32_t buffers_max;   /* a power of two; 0: WEFT_IO_BUFFERS_MAX */
	uint32_t held_max;      /* 0: WEFT_IO_HELD_MAX */
	weft_log_fn *log;       /* NULL: silent */
	void *log_user;
	struct weft_sim *sim; /* "sim" only: the world; must outlive the weft_io */
};

/* The ring comes with the first turn: this fails for want of memory (NO_MEMORY), descriptors
 * (TOO_MANY_FILES), or an unknown back end (INVALID). A back end asked for by name that does not
 * work here: the first turn returns UNSUPPORTED. */
enum weft_status weft_io_create(const struct weft_io_options *, struct weft_io **);
/* Whatever is still open is reset and freed without callbacks. Not from within a turn. */
void weft_io_destroy(struct weft_io *);
/* "io_uring", "epoll", "sim"; before the first turn "none" unless it was asked for by name. */
const char *weft_io_backend(const struct weft_io *);

/* Submits, waits at most `wait_ns` (< 0: for ever, 0: not at all) for something to report, and
 * calls back. A bounded number of completions is handled. WRONG_THREAD from another thread than the
 * first turn's. */
enum weft_status weft_io_turn(struct weft_io *, int64_t wait_ns);
enum weft_status weft_io_check_thread(
	const struct weft_io *); /* WRONG_THREAD when a turn would say so */
/* Ends the wait of this turn, or of the next: from any thread, and from a signal handler. */
void weft_io_wake(struct weft_io *);
/* Readable whenever a turn would not wait: for an embedding loop. -1 in the simulation and when
 * descriptors ran out. Until it is first asked for it costs nothing; so ask before the loop begins.
 * `weft_io_alarm` says when a turn is due at the latest (monotonic; < 0: never): the descriptor
 * becomes readable then. */
int weft_io_descriptor(struct weft_io *);
void weft_io_alarm(struct weft_io *, int64_t at);

/* Nanoseconds. Read once per turn after its wait, and afresh outside of one. */
int64_t weft_io_now(struct weft_io *);  /* monotonic */
int64_t weft_io_wall(struct weft_io *); /* since 1970 */

/* ---- sockets ---- */

struct weft_io_socket_events {
	/* Once for each weft_io_dial. After an error only close or abort are left. May be NULL for
	 * accepted sockets. */
	void (*connected)(void *user, struct weft_io_socket *, enum weft_status);
	/* size > 0: bytes on loan, to be given back with weft_io_return. size 0 and OK: the peer
	 * shut its sending side (once, no byte follows; RESET may, when the peer is found dead
	 * while we could still send). An error (RESET, TIMED_OUT, IO ...): once, nothing follows.
	 */
	void (*received)(void *user, struct weft_io_socket *, struct weft_lease, enum weft_status);
	/* Once for each weft_io_send: all of it (OK), or how much went before an error. */
	void (*sent)(void *user, struct weft_io_socket *, size_t size, enum weft_status);
	/* Once for each weft_io_pause. */
	void (*paused)(void *user, struct weft_io_socket *);
	/* Descriptor closed, every operation answered, every lease back. */
	void (*closed)(void *user, struct weft_io_socket *);
};

struct weft_io_dial_options {
	uint32_t mark;                  /* SO_MARK; 0: none */
	const struct weft_addr *source; /* bound to before; NULL: the kernel chooses */
	bool transparent;               /* IP_TRANSPARENT: `source` need not be of this machine */
};

/* Begins to connect; the outcome comes by `connected`. A status < 0 here means that there is no
 * socket and no callback. No time limit: a timer and weft_io_abort (`connected` then says
 * CANCELLED). */
enum weft_status weft_io_dial(struct weft_io *, const struct weft_addr *,
	const struct weft_io_dial_options *, const struct weft_io_socket_events *, void *user,
	struct weft_io_socket **);
/* Takes over a connected stream socket (made non-blocking). On failure the descriptor stays the
 * caller's. */
enum weft_status weft_io_adopt(struct weft_io *, int descriptor,
	const struct weft_io_socket_events *, void *user, struct weft_io_socket **);
/* Who hears of it from now on. An accepted socket has nobody: set it within `accepted`, or close.
 */
void weft_io_listen_to(struct weft_io_socket *, const struct weft_io_socket_events *, void *user);

/* Arms: `received` is called until pause, end or error. When `held_max` bytes are on loan the
 * socket receives no more until half of them came back (a burst that the kernel had delivered by
 * then is still handed over: at most 32 buffers). */
void weft_io_receive(struct weft_io_socket *);
/* Disarms. `received` may be called until `paused` is: then no byte is in flight, and the next one
 * waits in the kernel. weft_io_receive before `paused` takes effect after it. Also answered when
 * nothing is armed, and after the end; not after close. */
void weft_io_pause(struct weft_io_socket *);
/* Gives a lease back as it came, in any order, also after close. */
void weft_io_return(struct weft_io_socket *, struct weft_lease);
/* One at a time, size > 0; the bytes stay the caller's and must live until `sent`. Partial sends
 * are continued inside. FULL: one is in flight; INVALID: shut or closing before; nothing was begun
 * then. */
enum weft_status weft_io_send(struct weft_io_socket *, const void *data, size_t size);
/* Half-close: after the send in flight the peer sees the end. No callback. */
void weft_io_shut(struct weft_io_socket *);
/* Orderly: receives no more, lets the send in flight finish (abort cuts it short), then closes.
 * `received` and `paused` are called no more; `closed` follows when the leases are back. */
void weft_io_close(struct weft_io_socket *);
/* Reset: what is in flight is cancelled (`sent` and `connected` say so), the peer sees a reset.
 * `closed` follows. */
void weft_io_abort(struct weft_io_socket *);

int weft_io_handle(const struct weft_io_socket *); /* the descriptor, or -1 (simulation) */
enum weft_status weft_io_local(const struct weft_io_socket *, struct weft_addr *);
enum weft_status weft_io_remote(const struct weft_io_socket *, struct weft_addr *);
/* Where a redirected connection wanted to go (SO_ORIGINAL_DST); NOT_FOUND when it was not
 * redirected. */
enum weft_status weft_io_original(const struct weft_io_socket *, struct weft_addr *);

/* ---- listeners ---- */

struct weft_io_listener_events {
	/* OK: a connection, to be given its listener with weft_io_listen_to, or closed. Otherwise
	 (TOO_MANY_FILES, NO_MEMORY,
	 * IO ...) NULL,
		and accepting has stopped until weft_io_accept. Connections that died in the queue
	 are passed over. */
	void (*accepted)(
		void *user, struct weft_io_listener *, struct weft_io_socket *, enum weft_status);
	void (*closed)(void *user, struct weft_io_listener *);
};

struct weft_io_listen_options {
	bool reuse_port; /* one of a group: several sockets share the address */
	bool probe; /* with reuse_port: IN_USE when anybody at all is bound already (a plain bind is
		       tried first) */
	bool transparent; /* IP_TRANSPARENT */
	int backlog;      /* 0: WEFT_IO_BACKLOG */
};

/* Binds and listens at once; port 0 lets the kernel choose (weft_io_listener_local tells). IN_USE,
 * NO_PERMISSION, TOO_MANY_FILES, ADDRESS_UNAVAILABLE, NO_MEMORY: there is no listener.
 * ::ffff:0.0.0.0 is every v4 address, :: every address of both families (of v4 where the machine
 * has no v6); any other v6 address takes v6 only. */
enum weft_status weft_io_listen(struct weft_io *, const struct weft_addr *,
	const struct weft_io_listen_options *, const struct weft_io_listener_events *, void *user,
	struct weft_io_listener **);
void weft_io_accept(struct weft_io_listener *); /* arms: `accepted` until close, hold or an error */
void weft_io_hold(struct weft_io_listener
		*); /* accepts no more for now; a few that were under way may still come */
/* Hands out what waits in the accept queue (so that no connection of a group is lost), then closes;
 * `closed` follows. */
void weft_io_listener_close(struct weft_io_listener *);
enum weft_status weft_io_listener_local(const struct weft_io_listener *, struct weft_addr *);

/* ---- descriptors of others: inotify, admin sockets, signalfd ---- */

enum { WEFT_IO_READABLE = 1, WEFT_IO_WRITABLE = 2, WEFT_IO_HANGUP = 4 };
typedef void weft_io_watch_fn(void *user, struct weft_io_watch *, unsigned ready);

/* Level-triggered: `ready` is called in each turn in which one of `interest` holds, or a hangup.
 * What cannot be polled at all is a hangup, once. UNSUPPORTED in the simulation. */
enum weft_status weft_io_watch(struct weft_io *, int descriptor, unsigned interest,
	weft_io_watch_fn *ready, void *user, struct weft_io_watch **);
void weft_io_watch_change(struct weft_io_watch *, unsigned interest); /* 0: nothing for now */
/* `ready` is called no more, the pointer is dead, and the descriptor may be closed at once. */
void weft_io_watch_end(struct weft_io_watch *);

/* ---- accounts ---- */

struct weft_io_counts {
	uint32_t sockets, listeners, watches; /* objects whose `closed` has not come */
	uint32_t leased;                      /* buffers on loan */
	uint32_t copied;                      /* bytes on loan outside of buffers */
	uint32_t buffers;                     /* receive buffers in all */
	uint64_t turns, submitted, completed; /* operations */
	uint64_t starved;                     /* receives that ended because no buffer was free */
	uint64_t stale;                       /* completions of objects that are gone */
};
void weft_io_counts(const struct weft_io *, struct weft_io_counts *);

#endif
