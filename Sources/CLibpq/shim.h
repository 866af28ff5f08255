// libpq, and what the thread that waits for its sockets needs of the kernel and the Glibc module leaves out.
#include <libpq-fe.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

/// Names the calling thread for debuggers and `top -H`; variadic functions such as prctl do not reach Swift.
static inline void clibpq_name_thread(const char *name) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
}
