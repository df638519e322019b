/* test_cpp.cpp - gen.h in C++: destructors run when a coroutine is cancelled. */
/* SPDX-License-Identifier: MIT */
#include <gale/gen.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace {

std::string trace;

struct Guard {
    explicit Guard(char c) : name(c)
    {
    }
    ~Guard()
    {
        trace += name;
    }
    char name;
};

int sleeps(void *)
{
    Guard a('a');
    auto b = std::make_unique<Guard>('b');
    std::vector<std::string> words(10, "a string that lives on the heap, not inside");

    return gale_sleep(1000);
}

/* Exceptions are fine as long as they stay inside of a coroutine's function. */
int throws(void *)
{
    try {
        Guard c('c');
        gale_yield();
        throw 5;
    } catch (int x) {
        gale_yield();
        return x;
    }
}

int body(void *)
{
    gale_future *thrown = gale_spawn(throws, nullptr);
    gale_future *again = gale_spawn(throws, nullptr);
    gale_future *asleep = gale_spawn(sleeps, nullptr);

    if (gale_join(&thrown) != 5 || gale_join(&again) != 5)
        return 1;
    gale_cancel(asleep);
    return gale_join(&asleep) == GALE_ECANCELED ? 0 : 2;
}

}

int main()
{
    gale_ioloop *loop = gale_ioloop_new(nullptr);
    int r = gale_ioloop_run_sync(loop, body, nullptr, 10);

    gale_ioloop_free(loop);
    std::printf("%d %s\n", r, trace.c_str());
    return r != 0 || trace != "ccba";
}
