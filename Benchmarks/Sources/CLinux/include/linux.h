// What Swift's Glibc module leaves out: epoll, memmem, and a stderr that needs no global variable.
#pragma once
#include <stddef.h>
#include <sys/epoll.h>

void *find_bytes(const void *haystack, size_t haystack_length, const void *needle, size_t needle_length);
void print_error(const char *text);
