/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * tsan_posts.c: weft_post and weft_stop from other threads, under the thread sanitizer.
 */
#include <pthread.h>

#include "cases.h"
#include "shop.h"

static void *program;
static int calls;

static void call(void *argument)
{
	calls += *(int *)argument;
}

static void *poster(void *argument)
{
	for (int i = 0; i < 2000; i++)
		if (weft_post(program, call, argument) != WEFT_OK)
			abort();
	return NULL;
}

static void *stopper(void *argument)
{
	(void)argument;
	weft_stop(program);
	return NULL;
}

static void posts_and_stop(void)
{
	struct weft_options o = { .size = sizeof(o), .workers = 2 };
	int one = 1;
	pthread_t thread[4];
	CHECK(weft_create(&shop_info, &o, &program, NULL) == WEFT_OK);
	for (int i = 0; i < 3; i++)
		pthread_create(&thread[i], NULL, poster, &one);
	for (int i = 0; i < 5000 && calls < 6000; i++)
		weft_turn(program, 2);
	for (int i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	CHECK(calls == 6000);
	pthread_create(&thread[3], NULL, stopper, NULL);
	CHECK(weft_run(program) == WEFT_OK);
	pthread_join(thread[3], NULL);
	weft_destroy(program);
}

int main(void)
{
	CASE(posts_and_stop);
	return cases_end();
}
