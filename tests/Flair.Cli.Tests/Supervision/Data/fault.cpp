// For LD_PRELOAD: a read of a file whose path holds FAULT_FILE, from byte FAULT_FROM on, ends as FAULT_DEED says: SIGSEGV (crash), SIGABRT (abort) or
// never (hang). With FAULT_ONCE only the first does, in whatever process: it leaves that file.
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void deed(FILE *file)
{
    static const char *name = getenv("FAULT_FILE"), *from = getenv("FAULT_FROM"), *what = getenv("FAULT_DEED");
    if (!name || !what || ftello(file) < (from ? atol(from) : 0))
        return;
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fileno(file));
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return;
    path[length] = 0;
    if (!strstr(path, name))
        return;
    const char *once = getenv("FAULT_ONCE");
    if (once && open(once, O_CREAT | O_EXCL, 0600) < 0)
        return;
    if (!strcmp(what, "abort"))
        abort();
    if (!strcmp(what, "hang"))
        for (;;)
            pause();
    *(volatile int *)8 = 0;
}

extern "C" size_t fread(void *target, size_t size, size_t count, FILE *file)
{
    static auto next = reinterpret_cast<size_t (*)(void *, size_t, size_t, FILE *)>(dlsym(RTLD_NEXT, "fread"));
    deed(file);
    return next(target, size, count, file);
}
