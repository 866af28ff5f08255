// SwiftPM copies files beside the program only for a target that has code, and gives a Swift target an accessor to them that
// would link all of Foundation: 6 MiB more a process. A target in C gets the copy and no accessor; ClientDirectory finds them.
typedef int web_client_files;
