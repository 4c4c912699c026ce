# What `cmake --install` puts where; included by CMakeLists.txt. Programs, units, the files that a policy uses, pages.
include (GNUInstallDirs)
set (BUCKSTOP_SHARE ${CMAKE_INSTALL_DATADIR}/buckstop)

set (programs buckstop)
foreach (name ${SERVICES})
    list (APPEND programs buckstop-${name})
endforeach ()
install (TARGETS ${programs} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

# Examples and descriptions, as they lie in deploy/: what a policy names by `use:`, what other programs are fed with, and
# what the pages call for. Not what somebody made there: passwords and keys.
foreach (folder channels policies downstream prometheus grafana redis kubernetes examples)
    install (DIRECTORY deploy/${folder} DESTINATION ${BUCKSTOP_SHARE} USE_SOURCE_PERMISSIONS
             PATTERN secrets EXCLUDE PATTERN users.acl EXCLUDE PATTERN __pycache__ EXCLUDE)
endforeach ()
install (FILES deploy/compose.yaml DESTINATION ${BUCKSTOP_SHARE})
install (PROGRAMS deploy/container/secrets DESTINATION ${BUCKSTOP_SHARE}/container)
install (FILES README.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
file (GLOB pages CONFIGURE_DEPENDS deploy/*.md)
install (FILES ${pages} DESTINATION ${CMAKE_INSTALL_DOCDIR})
install (DIRECTORY proto/ DESTINATION ${BUCKSTOP_SHARE}/proto FILES_MATCHING PATTERN "*.proto" PATTERN "*.yaml")

# Pages and completion, as the programs said them at the build.
install (DIRECTORY ${CMAKE_BINARY_DIR}/manuals/man1 ${CMAKE_BINARY_DIR}/manuals/man8 DESTINATION ${CMAKE_INSTALL_MANDIR})
install (DIRECTORY ${CMAKE_BINARY_DIR}/manuals/bash/ DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install (DIRECTORY ${CMAKE_BINARY_DIR}/manuals/zsh/ DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install (DIRECTORY ${CMAKE_BINARY_DIR}/manuals/fish/ DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

# systemd looks below the prefix only where that is /usr or /usr/local.
configure_file (deploy/systemd/buckstop@.service.in ${CMAKE_BINARY_DIR}/systemd/buckstop@.service @ONLY)
set (units ${SERVICES})
list (REMOVE_ITEM units archive) # it wants --dir or --webhook, and what is deleted waits for it: enabled by who wants one
list (TRANSFORM units PREPEND "buckstop@")
list (TRANSFORM units APPEND ".service")
list (JOIN units " " BUCKSTOP_UNITS)
configure_file (deploy/systemd/buckstop.target.in ${CMAKE_BINARY_DIR}/systemd/buckstop.target @ONLY)
install (FILES ${CMAKE_BINARY_DIR}/systemd/buckstop@.service ${CMAKE_BINARY_DIR}/systemd/buckstop.target
         DESTINATION lib/systemd/system)
install (FILES deploy/systemd/buckstop.sysusers DESTINATION lib/sysusers.d RENAME buckstop.conf)
install (FILES deploy/systemd/buckstop.tmpfiles DESTINATION lib/tmpfiles.d RENAME buckstop.conf)
install (FILES deploy/systemd/buckstop.env DESTINATION ${BUCKSTOP_SHARE})
