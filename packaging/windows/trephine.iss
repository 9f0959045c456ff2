; Inno Setup 6: the installer for Windows, of the folder that `bootstrap.py bundle` built there.
; iscc packaging\windows\trephine.iss    (README.md beside this file has the rest)

; Which version and whose: written by the build, out of the sources.
#include "..\..\build\version.iss"

[Setup]
AppId={{6C0F7D52-5C0B-4D0E-9E0B-6B1D4E2F7A11}
AppName=Trephine
AppVersion={#Version}
AppPublisher={#Developer}
AppComments=Research use only. Not a medical device.
DefaultDirName={autopf}\Trephine
DefaultGroupName=Trephine
DisableProgramGroupPage=yes
; An administrator installs for all; somebody without those rights may install for himself.
PrivilegesRequired=admin
PrivilegesRequiredOverridesAllowed=dialog commandline
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0.17763
LicenseFile=..\..\LICENSE
SetupIconFile=..\..\build\icons\trephine.ico
UninstallDisplayIcon={app}\trephine-window.exe
OutputDir=..\..\dist
OutputBaseFilename=trephine-{#Version}-setup
Compression=lzma2/max
SolidCompression=yes
WizardStyle=modern
ChangesAssociations=yes
CloseApplications=yes
; SignTool is named on the command line: iscc "/Ssigntool=signtool sign /fd SHA256 /tr URL /td SHA256 $f"
#ifdef Signed
SignTool=signtool
SignedUninstaller=yes
#endif

[Languages]
Name: "en"; MessagesFile: "compiler:Default.isl"
Name: "de"; MessagesFile: "compiler:Languages\German.isl"

[Tasks]
Name: desktopicon; Description: "{cm:CreateDesktopIcon}"; Flags: unchecked

[InstallDelete]
; What an older version left would be found before what this one brings.
Type: filesandordirs; Name: "{app}\_internal"

[Files]
Source: "..\..\dist\trephine\*"; DestDir: "{app}"; Flags: recursesubdirs ignoreversion

[Icons]
Name: "{group}\Trephine"; Filename: "{app}\trephine-window.exe"; Parameters: "open"
Name: "{autodesktop}\Trephine"; Filename: "{app}\trephine-window.exe"; Parameters: "open"; Tasks: desktopicon

[Registry]
; A case is a folder with case.toml: "Open with Trephine" on folders, and on that file.
Root: HKA; Subkey: "Software\Classes\Directory\shell\Trephine"; ValueType: string; ValueData: "Open with Trephine"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Directory\shell\Trephine"; ValueName: "Icon"; ValueType: string; ValueData: """{app}\trephine-window.exe"""
Root: HKA; Subkey: "Software\Classes\Directory\shell\Trephine\command"; ValueType: string; ValueData: """{app}\trephine-window.exe"" open ""%1"""
Root: HKA; Subkey: "Software\Classes\SystemFileAssociations\.toml\shell\Trephine"; ValueType: string; ValueData: "Open with Trephine"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\SystemFileAssociations\.toml\shell\Trephine"; ValueName: "AppliesTo"; ValueType: string; ValueData: "System.FileName:=""case.toml"""
Root: HKA; Subkey: "Software\Classes\SystemFileAssociations\.toml\shell\Trephine\command"; ValueType: string; ValueData: """{app}\trephine-window.exe"" open ""%1"""

[Run]
Filename: "{app}\trephine-window.exe"; Parameters: "open"; Description: "{cm:LaunchProgram,Trephine}"; Flags: postinstall nowait skipifsilent

; Settings, logs and the registry of cases (%LOCALAPPDATA%\trephine) stay when Trephine is removed.
