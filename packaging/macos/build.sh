#!/usr/bin/env bash
# Builds, signs, notarises and packs Trephine.app on an Apple-silicon Mac; README.md says what it needs.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${IDENTITY:?Developer ID Application: NAME (TEAM), as \`security find-identity -p codesigning -v\` says it}"
: "${PROFILE:?the name under which \`xcrun notarytool store-credentials\` keeps your account}"

python3 packaging/bootstrap.py bundle
app=dist/Trephine.app
version=$(dist/trephine/trephine --version | cut -d' ' -f2)

# PyInstaller makes the app before the kernels, licences and bill of materials are there.
rm -rf "$app/Contents/Resources/kernels"
cp -R dist/trephine/_internal/kernels "$app/Contents/Resources/kernels"
ln -sf ../Resources/kernels "$app/Contents/Frameworks/kernels"
cp dist/trephine/LICENSES.txt dist/trephine/trephine.cdx.json "$app/Contents/Resources/"

# From the inside out: a signature seals everything below it.
find "$app/Contents" -type f \( -name '*.dylib' -o -name '*.so' \) -print0 |
    xargs -0 codesign --force --timestamp --options runtime --sign "$IDENTITY"
codesign --force --timestamp --options runtime \
    --entitlements packaging/macos/entitlements.plist --sign "$IDENTITY" "$app"
codesign --verify --deep --strict "$app"

image="dist/trephine-$version-macos.dmg"
rm -f "$image"
hdiutil create -volname Trephine -srcfolder "$app" -format ULMO "$image"
codesign --force --timestamp --sign "$IDENTITY" "$image"
xcrun notarytool submit "$image" --keychain-profile "$PROFILE" --wait
xcrun stapler staple "$image"
spctl --assess --type open --context context:primary-signature "$image"
echo "$image is ready."
