#include <sodium.h>
#include <sys/vfs.h>

// The kind of file system that an open file lies on, or -1 with errno: fstatfs is in none of Swift's modules of the C library.
static inline long csodium_file_system(int file) {
    struct statfs status;
    return fstatfs(file, &status) == 0 ? (long)status.f_type : -1;
}
