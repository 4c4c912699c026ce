# Writes a text file as a C string: cmake -DIN=x.lua -DOUT=x_lua.h -DNAME=x_lua -P embed.cmake
set (text "/* made from ${NAME} by embed.cmake */\nstatic const char ${NAME}[] =\n")
file (READ ${IN} content)
string (REPLACE "\\" "\\\\" content "${content}")
string (REPLACE "\"" "\\\"" content "${content}")
string (REPLACE "\n" "\\n\"\n    \"" content "${content}")
file (WRITE ${OUT} "${text}    \"${content}\";\n")
