// SPDX-License-Identifier: MIT
#include "support/small_stack.h"

#include <pthread.h>

#include <cstddef>
#include <cstdlib>

namespace iocp_test {

namespace {

constexpr std::size_t kSize = 256 << 10;

struct Call {
    int (*function)();
    int returned;
};

void* Run(void* call) {
    static_cast<Call*>(call)->returned = static_cast<Call*>(call)->function();
    return nullptr;
}

}  // namespace

int OnSmallStack(int (*function)()) {
    Call call{function, 0};
    pthread_attr_t attributes;
    pthread_t thread;
    if (pthread_attr_init(&attributes) != 0 || pthread_attr_setstacksize(&attributes, kSize) != 0 ||
        pthread_create(&thread, &attributes, &Run, &call) != 0)
        std::abort();
    pthread_join(thread, nullptr);
    pthread_attr_destroy(&attributes);
    return call.returned;
}

}  // namespace iocp_test
